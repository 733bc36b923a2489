import {
  checkpoint,
  compile,
  detectAnomaly,
  eagerly,
  GraphError,
  grad,
  jacobian,
  noGrad,
  type Tensor,
  tensor,
  variable,
} from "../../../src/index.js";
import type { Misuse } from "./misuse.js";

// The part of the table of misuses that is about walks, hooks, scopes and transforms.

/** A variable with a hook, given to what a misuse does with it. */
function hooked(hook: (gradient: Tensor, w: Tensor) => Tensor | undefined): Tensor {
  const w = variable([1, 2], { name: "w" });
  w.onGradient((gradient) => hook(gradient, w));
  return w;
}

export const graphMisuses: readonly Misuse[] = [
  {
    kind: "a function of a transform that leaves the graph by reading",
    advice: "Compute with ops; read of `stopGradient(x)` what only decides which way to go.",
    cases: [
      [
        () => grad((x: Tensor) => tensor(x.item() ** 2))(3),
        GraphError,
        "grad: the function read values made of argument 0 (by item(), data or toArray(), by variable() or assign()), and its result does not depend on that: numbers that are read leave the graph and have no gradient. Compute with ops, as in x.mul(x), or with customGradient; where a value only decides what is computed, read it of stopGradient(x)",
      ],
      [
        () => jacobian((x: Tensor) => tensor([...x.data].map(Math.sin)), tensor([1, 2])),
        GraphError,
        "jacobian: the function read values made of argument 0 (by item(), data or toArray(), by variable() or assign()), and its result does not depend on that: numbers that are read leave the graph and have no gradient. Compute with ops, as in x.mul(x), or with customGradient; where a value only decides what is computed, read it of stopGradient(x)",
      ],
      [
        () => grad((x: Tensor) => variable(x).square())(3),
        GraphError,
        "grad: the function read values made of argument 0 (by item(), data or toArray(), by variable() or assign()), and its result does not depend on that: numbers that are read leave the graph and have no gradient. Compute with ops, as in x.mul(x), or with customGradient; where a value only decides what is computed, read it of stopGradient(x)",
      ],
      [
        () => {
          const b = tensor(0);
          grad((x: Tensor) => b.assign(x).square())(3);
        },
        GraphError,
        "grad: the function read values made of argument 0 (by item(), data or toArray(), by variable() or assign()), and its result does not depend on that: numbers that are read leave the graph and have no gradient. Compute with ops, as in x.mul(x), or with customGradient; where a value only decides what is computed, read it of stopGradient(x)",
      ],
      [
        () => compile(grad((x: Tensor) => variable(x).square()))(tensor(3)),
        GraphError,
        "grad: the function read values made of argument 0 (by item(), data or toArray(), by variable() or assign()), and its result does not depend on that: numbers that are read leave the graph and have no gradient. Compute with ops, as in x.mul(x), or with customGradient; where a value only decides what is computed, read it of stopGradient(x)",
      ],
    ],
  },
  {
    kind: "promises in a list or a record of a scope",
    advice: "Their work is done when the scope is over: put the scope into each of them.",
    cases: [
      [
        () => noGrad(() => [1, 2].map(async (value) => value)),
        GraphError,
        "noGrad: the function gives a promise, whose work is done when noGrad is over; use noGrad around each synchronous part instead",
      ],
      [
        () => noGrad(() => ({ loss: Promise.resolve(1) })),
        GraphError,
        "noGrad: the function gives a promise, whose work is done when noGrad is over; use noGrad around each synchronous part instead",
      ],
    ],
  },
  {
    kind: "a generator in a scope",
    advice: "Put the scope inside the generator, around each synchronous part.",
    cases: [
      [
        () =>
          noGrad(function* () {
            yield 1;
          }),
        GraphError,
        "noGrad: the function gives a generator, whose work is done when noGrad is over; use noGrad around each synchronous part instead",
      ],
      [
        () =>
          detectAnomaly(async function* () {
            yield 1;
          }),
        GraphError,
        "detectAnomaly: the function gives a generator, whose work is done when detectAnomaly is over; use detectAnomaly around each synchronous part instead",
      ],
      [
        () => eagerly(() => (function* () {})()),
        GraphError,
        "eagerly: the function gives a generator, whose work is done when eagerly is over; use eagerly around each synchronous part instead",
      ],
      [
        () => eagerly(async () => 1),
        GraphError,
        "eagerly: the function gives a promise, whose work is done when eagerly is over; use eagerly around each synchronous part instead",
      ],
    ],
  },
  {
    kind: "a hook that gives new values to what it is shown",
    advice: "Return the gradient to go on with.",
    cases: [
      [
        () =>
          hooked((gradient) => {
            gradient.assign([0, 0]);
            return undefined;
          })
            .sum()
            .backward(),
        GraphError,
        "onGradient: a hook of w, float64 [2], gave new values to the gradient that it was shown, which changes nothing; return the gradient to go on with",
      ],
    ],
  },
  {
    kind: "a hook that walks through its own tensor",
    advice: "Call `backward()` when the walk is over, or on another graph.",
    cases: [
      [
        () =>
          hooked((_, w) => {
            w.sum().backward();
            return undefined;
          })
            .sum()
            .backward({ createGraph: true }),
        GraphError,
        "onGradient: a hook of w, float64 [2], walked backward through that tensor and would be called again; call backward() after the walk, or on another graph",
      ],
    ],
  },
  {
    kind: "a walk in a hook, of what was computed in that hook",
    advice: "Ask the walk around it for a graph, or use a transform in the hook.",
    cases: [
      [
        () =>
          hooked((_, w) => {
            w.sum().backward();
            return undefined;
          })
            .sum()
            .backward(),
        GraphError,
        "backward() of a tensor that depends on no variable, or was computed during another walk, in a hook or a backward, which records no graph; use backward({ createGraph: true }) for that walk, or grad(f)(x) here, or compute the tensor before",
      ],
    ],
  },
  {
    kind: "new values for a variable in the midst of a walk that still needs the old ones",
    advice: "Update when the walk is over.",
    cases: [
      [
        () => {
          const w = variable(2, { name: "w" });
          const h = w.mul(3);
          h.onGradient(() => {
            w.assign(5);
            return undefined;
          });
          h.mul(w).backward();
        },
        GraphError,
        "Mul: its input w was updated with assign() after this graph had used it; compute the output again after the update, then call backward()",
      ],
    ],
  },
  {
    kind: "a checkpoint of a function that changes without another value",
    advice: "What the segment closes over stays as it is until the backward pass.",
    cases: [
      [
        () => {
          let factor = 2;
          const y = checkpoint((x: Tensor) => x.mul(factor), variable(0));
          factor = 5;
          y.backward();
        },
        GraphError,
        "Checkpoint: the function did something else when it was computed again for the backward pass; it must depend on nothing but its inputs: draw random numbers outside of it, and change nothing in between",
      ],
    ],
  },
];
