import { compile, fromArray, grad, jvp, type Tensor, tensor } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { scaledDotProductAttention } from "../src/index.js";

// What stands in masked keys and values reaches nothing: neither results nor gradients of any order, eager and compiled.

const dtypes = ["float64", "float32"] as const;
type Options = Parameters<typeof scaledDotProductAttention>[3];

const bools = (values: readonly number[], shape: readonly number[]): Tensor =>
  fromArray(Uint8Array.from(values), [...shape], { dtype: "bool" });

/** Of 4 keys the last one or two are seen by no query, or by none but the last, whose output is left out. */
const masks: Readonly<Record<string, Options>> = {
  "a mask of keys": { mask: bools([1, 0, 1, 0], [4]) },
  "a mask of keys and queries": { mask: bools([1, 0, 1, 0, 1, 0, 0, 0], [2, 4]) },
  "a query that sees nothing": { mask: bools([1, 0, 1, 0, 0, 0, 0, 0], [2, 4]) },
  "a mask for each query": { mask: bools([1, 0, 1, 0, 0, 0, 1, 0], [2, 4]) },
  "causal, and a mask": { causal: true, mask: bools([1, 0, 1, 1], [4]) },
};

const quantities: Readonly<
  Record<string, (attend: (...args: readonly [Tensor, Tensor, Tensor]) => Tensor) => (...args: Tensor[]) => Tensor>
> = {
  value: (f) => (q, k, v) => f(q as Tensor, k as Tensor, v as Tensor),
  "gradient of q": (f) => (q, k, v) =>
    grad((q: Tensor) =>
      f(q, k as Tensor, v as Tensor)
        .square()
        .sum(),
    )(q as Tensor),
  "gradient of k": (f) => (q, k, v) =>
    grad((k: Tensor) =>
      f(q as Tensor, k, v as Tensor)
        .square()
        .sum(),
    )(k as Tensor),
  "gradient of v": (f) => (q, k, v) =>
    grad((v: Tensor) =>
      f(q as Tensor, k as Tensor, v)
        .square()
        .sum(),
    )(v as Tensor),
  "second derivative of q": (f) => (q, k, v) =>
    grad((q: Tensor) =>
      grad((q: Tensor) =>
        f(q, k as Tensor, v as Tensor)
          .square()
          .sum(),
      )(q)
        .square()
        .sum(),
    )(q as Tensor),
  "second derivative of q and v": (f) => (q, k, v) =>
    grad((v: Tensor) =>
      grad((q: Tensor) =>
        f(q, k as Tensor, v)
          .square()
          .sum(),
      )(q as Tensor)
        .square()
        .sum(),
    )(v as Tensor),
  "forward derivative": (f) => (q, k, v) =>
    jvp((q: Tensor) => f(q, k as Tensor, v as Tensor), [q as Tensor], [(q as Tensor).mul(0.5)]).tangent as Tensor,
};

function operands(dtype: (typeof dtypes)[number], masked: number): [Tensor, Tensor, Tensor] {
  const make = (values: readonly (readonly number[])[]) => tensor(values as number[][], { dtype }) as Tensor;
  return [
    make([
      [1, -2],
      [0.5, 3],
    ]),
    make([
      [1, 0],
      [masked, 1],
      [0.25, -1],
      [-masked, masked],
    ]),
    make([
      [1, 2, 3],
      [4, masked, 1],
      [-1, 0.5, 2],
      [masked, masked, -masked],
    ]),
  ];
}

for (const [name, options] of Object.entries(masks)) {
  test(`attention with ${name}: what is masked may be anything`, () => {
    const attend = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v, options);
    for (const [quantity, of] of Object.entries(quantities)) {
      const f = of(attend);
      const compiled = compile(f as (q: Tensor, k: Tensor, v: Tensor) => Tensor);
      for (const dtype of dtypes) {
        const wanted = f(...operands(dtype, 7)).data;
        assert.ok(wanted.some((value) => value !== 0) || quantity !== "value");
        for (const masked of [7, Number.NaN, Infinity, -Infinity, dtype === "float32" ? 3e38 : 1e308]) {
          for (const [way, result] of [
            ["eager", f(...operands(dtype, masked)).data],
            ["compiled", compiled(...operands(dtype, masked)).data],
          ] as const) {
            wanted.forEach((value, i) => {
              const error = Math.abs((result[i] as number) - value);
              const bound = (dtype === "float32" ? 1e-5 : 1e-12) * (1 + Math.abs(value));
              assert.ok(error <= bound, `${quantity}, ${dtype}, ${masked}, ${way}: ${result[i]} for ${value}`);
            });
          }
        }
      }
    }
  });
}

test("attention: what is seen comes through, NaN as NaN and an infinity as itself, in its own column", () => {
  const [q, k, v] = operands("float64", 7);
  for (const [seen, wanted] of [
    [Number.NaN, Number.NaN],
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ] as const) {
    const bad = tensor([
      [1, 2, 3],
      [4, seen, 1],
      [-1, 0.5, 2],
      [Number.NaN, Number.NaN, Number.NaN],
    ]) as Tensor;
    const attend = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      scaledDotProductAttention(q, k, v, { mask: bools([1, 1, 1, 0, 1, 0, 1, 0], [2, 4]) });
    const plain = attend(q, k, v).data;
    for (const f of [attend, compile(attend)]) {
      const found = f(q, k, bad).data;
      assert.equal(found[1], wanted);
      for (const i of [0, 2, 3, 4, 5]) assert.ok(Math.abs((found[i] as number) - (plain[i] as number)) < 1e-12);
    }
  }
});

test.run();
