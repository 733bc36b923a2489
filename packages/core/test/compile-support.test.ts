import { test } from "uvu";
import * as assert from "uvu/assert";
import { CompileError, compile, compileSupport, type Tensor, tensor, variable } from "../src/index.js";

// In a process of its own: what an engine has is found out once.

test("where nothing can be compiled: an error, or the function itself, as one chooses", () => {
  const holder = globalThis as { WebAssembly?: unknown };
  const { WebAssembly: api } = holder;
  const f = (x: Tensor, n: number) => [x.mul(n), n] as const;
  const either = compile(f, { fallback: "eager" });
  try {
    holder.WebAssembly = undefined;
    assert.match(compileSupport().missing ?? "", /no WebAssembly.*fallback: "eager"/);
    for (const options of [{}, { fallback: "none" }] as const) {
      assert.throws(
        () => compile(f, options)(tensor(2), 3),
        (error: Error) => error instanceof CompileError,
      );
    }
    for (let n = 0; n < 12; n++) assert.equal(either(tensor(2), n)[0].item(), 2 * n);
    assert.throws(() => either(variable(2), 1), /the variable/, "what a program refuses is refused");
    assert.throws(() => either.program(tensor(2), 3), /no WebAssembly/);
    assert.is(either.cached, 0);
  } finally {
    holder.WebAssembly = api;
  }
  assert.equal(either(tensor(2), 3)[0].item(), 6);
  assert.is(either.cached, 1, "compiled where that can be done");
});

test("there are two ways", () => {
  const wrong = compile as unknown as (f: unknown, options: object) => unknown;
  assert.throws(() => wrong(() => 1, { fallback: "Eager" }), /fallback "Eager": there are "eager" and "none"/);
});

test.run();
