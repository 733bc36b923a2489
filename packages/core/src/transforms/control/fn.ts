import { checkFunction } from "../../checks.js";
import { asStep, frameOf } from "../../graph/steps.js";
import { asTensor, Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { checkNoMore } from "../../options.js";
import { type Given, leavesOf, mapStructure, type Tensors } from "../structure.js";
import { Callee, tracedCall } from "./call-node.js";
import { rebuilt } from "./structured.js";

/**
 * The function `f` as one that a program has once and calls from many places: it is traced and compiled once for each set of shapes and
 * dtypes of its arguments, and so are its gradients. A program that calls a large function often compiles in a fraction of the time; a
 * call copies arguments and results. In eager mode it is `f` itself.
 *
 * `f` runs for each call, so that it may close over another tensor each time, as over a field or a `let`; calls in which it does the same
 * share one function of the program.
 *
 * @param f from tensors, numbers, arrays and records of them to the same; numbers are scalars to it
 * @returns a function of the same arguments
 *
 * @example
 * const wave = fn((x: Tensor, k: Tensor) => x.mul(k).sin().mul(x));
 * const sum = compile((x: Tensor) => wave(x, 1).add(wave(x, 2)).add(wave(x, 3)));
 * sum(tensor(0)).item(); // 0
 * compile(grad((x: Tensor) => wave(x, 1).add(wave(x, 2))))(tensor(0)).item(); // 0
 */
export function fn<Args extends readonly unknown[], R>(
  f: (...args: Args) => R,
  ...none: []
): (...args: { [I in keyof Args]: Given<Args[I]> }) => Tensors<R> {
  checkNoMore("fn", none);
  checkFunction("fn", f);
  const name = f.name === "" ? "fn" : f.name;
  /** By the structure of the arguments. */
  const callees = new Map<string, { readonly callee: Callee; result: unknown }>();
  /** By trace: the structure of the result. */
  const forms = new WeakMap<object, unknown>();
  return (...args) => {
    const leaves = leavesOf("fn", args, "arguments").map(({ leaf }) => asTensor(leaf));
    const call = (given: readonly Tensor[]) =>
      asStep(frameOf("fn", name), null, () => f(...(rebuilt(args, given) as unknown as Args))) as unknown;
    if (tracer() === null) {
      const result = call(leaves);
      return rebuilt(result, tensorsOf(result)) as Tensors<R>;
    }
    // An entry that is undefined is left out, and is none of those that are there.
    const structure = JSON.stringify(mapStructure(args, (leaf) => (leaf === undefined ? null : 0)));
    let known = callees.get(structure);
    if (known === undefined) {
      const own: { readonly callee: Callee; result: unknown } = {
        callee: new Callee(name, (given) => {
          const result = call(given);
          own.result = result;
          return tensorsOf(result);
        }),
        result: undefined,
      };
      known = own;
      callees.set(structure, own);
    }
    const { called, isTraced, results } = tracedCall(known.callee, leaves);
    // What it gives may depend on shapes: each trace has a structure of its own.
    if (isTraced) forms.set(called, known.result);
    return rebuilt(forms.get(called), results) as Tensors<R>;
  };
}

function tensorsOf(result: unknown): Tensor[] {
  return leavesOf("fn", result, "the result").map(({ leaf }) => (leaf instanceof Tensor ? leaf : asTensor(leaf)));
}
