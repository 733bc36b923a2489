import { ChainruleError, print, variable } from "@chainrule/core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { display, toSvg } from "../src/index.js";

const test = suite("display");

test("a notebook is given the picture, and the text where it has no pictures", () => {
  const x = variable([1, 2]);
  const y = x.square().sum();
  y.backward();
  for (const options of [
    {},
    { names: { x, y }, heat: true, theme: "dark" },
    { gradients: false, values: false },
  ] as const) {
    const { values, gradients, names } = { values: true, gradients: true, names: {}, ...options };
    const shown = display(y, options);
    const bundle = (shown as unknown as Record<symbol, () => unknown>)[Symbol.for("Jupyter.display")]?.();
    assert.equal(bundle, { "text/plain": print(y, { names, values, gradients }), "image/svg+xml": toSvg(y, options) });
    assert.is(shown.svg, toSvg(y, options));
  }
  assert.throws(
    () => display(y, { them: "dark" } as never),
    (error: unknown) =>
      error instanceof ChainruleError && /unknown option them; did you mean theme/.test(error.message),
  );
});

test.run();
