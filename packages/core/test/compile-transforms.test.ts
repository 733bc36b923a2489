import { test } from "uvu";
import * as assert from "uvu/assert";
import { asTensor } from "../src/graph/tensor.js";
import { compile, grad, hvp, jvp, type Tensor, tensor, valueAndGrad, variable, vjp } from "../src/index.js";

// Numbers that are known while a function is traced are values of its program like any other: transforms differentiate by
// them, however many ops in a row are computed of nothing else.

/** p^2 * 3, log(p + 1), and so on: chains of one to four ops that begin with the number alone. */
const chains: Readonly<Record<string, (p: Tensor) => Tensor>> = {
  "one op": (p) => p.square(),
  "two ops": (p) => p.square().mul(3),
  "two ops and a number on the left": (p) => tensor(2).mul(p).add(p),
  "three ops": (p) => p.add(1).log().mul(2),
  "four ops, one input twice": (p) => p.mul(p).add(p).sqrt().sin(),
};

const transforms: Readonly<Record<string, (f: (p: Tensor) => Tensor, at: Tensor) => Tensor>> = {
  grad: (f, at) => grad(f)(at),
  "grad of grad": (f, at) => grad((p: Tensor) => grad(f)(p))(at),
  valueAndGrad: (f, at) => valueAndGrad(f)(at).gradient,
  jvp: (f, at) => jvp(f, [at], [tensor(1)]).tangent,
  vjp: (f, at) => vjp(f, [at]).pullback(tensor(1))[0] as Tensor,
  hvp: (f, at) => hvp(f, at, tensor(1)),
  "grad of jvp": (f, at) => grad((p: Tensor) => jvp(f, [p], [tensor(1)]).tangent)(at),
  backward: (f, at) => {
    const p = variable(at);
    f(p).backward();
    return p.grad as Tensor;
  },
};

/** A number becomes a value of the program, or a tensor that it finds. */
const points = { "a number": () => asTensor(2), "a tensor": () => tensor(2) } as const;

for (const [transform, apply] of Object.entries(transforms)) {
  test(`${transform} of chains of ops on a number that is known`, () => {
    for (const [name, chain] of Object.entries(chains)) {
      for (const scale of [null, tensor(0.5), tensor([1, 2, 3])]) {
        for (const [kind, at] of Object.entries(points)) {
          const f = (a: Tensor) => apply((p) => (scale === null ? chain(p) : chain(p).mul(a).sum()), at());
          const given = scale ?? tensor(1);
          const what = `${name}, at ${kind}, with ${given.toString()}`;
          const [actual, expected] = [compile((a: Tensor) => f(a))(given).item(), f(given).item()];
          assert.ok(Math.abs(actual - expected) <= 1e-14 * Math.abs(expected), `${what}: ${actual}, not ${expected}`);
        }
      }
    }
  });
}

test.run();
