import {
  CompileError,
  compile,
  DTypeError,
  fromArray,
  Generator,
  GraphError,
  oneHot,
  programToJson,
  ShapeError,
  type Tensor,
  tensor,
  variable,
} from "../../../src/index.js";
import { f32, int, type Misuse, rounded, t, wrong, z } from "./misuse.js";

// The part of the table of misuses that is about compiled functions.

export const compileMisuses: readonly Misuse[] = [
  {
    kind: "a value read, or branched on, in a compiled function",
    advice:
      "Choose with `where`, return the tensor and read it outside, or call the function without `compile`: in a program there are no values while it is made.",
    cases: [
      [
        () => compile((x: Tensor) => x.mul(x.sum().item()))(z(2)),
        CompileError,
        "compile: the value of the result of Sum, float64 [], is not known while the function is traced: item(), data, toArray() and branches on values cannot be compiled. Choose by where(...), return the tensor and read it outside, or call the function without compile",
      ],
    ],
  },
  {
    kind: "a shape that depends on values in a compiled function",
    advice: "Give the number as a plain constant, or compute it outside: a program has fixed shapes.",
    cases: [
      [
        () => compile((x: Tensor) => oneHot(x, wrong(x.max().item.bind(x.max())) as number))(int([1, 2])),
        CompileError,
        "compile: the value of the result of Max, int32 [], is not known while the function is traced: item(), data, toArray() and branches on values cannot be compiled. Choose by where(...), return the tensor and read it outside, or call the function without compile",
      ],
    ],
  },
  {
    kind: "an op that cannot be compiled",
    advice: "Give its class `composed(...inputs)` in ops, or write it with `elementwise`.",
    cases: [
      [
        () => compile((x: Tensor) => rounded(x))(z(2)),
        CompileError,
        "compile: Rounded [2] cannot be compiled: its local forward is JavaScript over arrays; give its class a composed(...inputs) in ops, write it with elementwise(...), or call the function without compile",
      ],
    ],
  },
  {
    kind: "a variable, or a part of a graph, as the argument of a compiled function",
    advice: "Let the function close over a variable; compile the function that computes the gradient.",
    cases: [
      [
        () => compile((x: Tensor) => x)(variable([1], { name: "w" })),
        CompileError,
        "compile: argument 0 is the variable w; let the function close over it, so that the program can update it, or give its values with detach()",
      ],
      [
        () => compile((x: Tensor) => x)(variable([1]).mul(2)),
        CompileError,
        "compile: argument 0 is part of a graph, and the result of a program is not: compile the function that computes the gradient, as in compile(grad(f)), or give the values with detach()",
      ],
    ],
  },
  {
    kind: "a number that changes from call to call, given to a compiled function",
    advice:
      "Give it as a tensor, `tensor(k)`: a number is a constant of the program, and each of its values makes another one.",
    cases: [
      [
        () => {
          const f = compile((x: Tensor, rate: number) => x.mul(rate));
          for (let step = 1; step <= 9; step++) f(z(2), 1 / step);
        },
        CompileError,
        "compile: argument 1 is the number 0.1111111111111111, after 8 other ones, and a number is a constant of the program, which is compiled anew for each; give what changes from call to call as a tensor, tensor(k), or compile a function for each that closes over the number",
      ],
      [
        () =>
          wrong(
            compile((x: Tensor, scale: Tensor) => scale.mul(x)),
            z(2),
            3,
          ),
        CompileError,
        'compile: the function threw "scale.mul is not a function"; argument 1 is the number 3, and is that number inside of the function as well: where a tensor is meant, give tensor(3)',
      ],
    ],
  },
  {
    kind: "a generator's own draws in a compiled function",
    advice: "Draw tensors with a `Random`: those are drawn at each call.",
    cases: [
      [
        () => {
          const generator = new Generator(1);
          compile((x: Tensor) => x.add(t(generator.normal(2))))(z(2));
        },
        CompileError,
        "compile: generator.normal would be of use once, when the function is traced, and not at each call: draw tensors there, as in new Random(generator).normal(shape), and use the generator itself outside of the function",
      ],
    ],
  },
  {
    kind: "an argument that a program cannot take, or a result that it cannot give",
    advice:
      "Give tensors, `Random` sources, constants, and arrays and plain records of them; close over anything else.",
    cases: [
      [
        () =>
          wrong(
            compile((x: unknown) => x),
            Float64Array.of(1),
          ),
        CompileError,
        "compile: argument 0 is an instance of Float64Array; a program takes tensors, Random sources, constants (numbers, texts, booleans, null), and arrays and plain records of them; make a tensor of it with tensor(...)",
      ],
      [
        () => {
          const parts: unknown[] = [];
          parts.push(parts);
          compile((x: unknown) => x)(parts);
        },
        CompileError,
        "compile: argument 0 contains itself; give arrays and plain records that are a few levels deep",
      ],
      [
        () => compile(() => new Map())(),
        CompileError,
        "compile: the result is an instance of Map; a program gives tensors, and arrays and plain records of them",
      ],
    ],
  },
  {
    kind: "places for the results of a compiled function that do not fit",
    advice:
      "Give the structure of the result, with a typed array of its dtype and size, or a tensor of its shape and dtype, for each tensor.",
    cases: [
      [
        () => compile((x: Tensor) => x.mul(2)).into(new Float32Array(3), z(3)),
        DTypeError,
        "into: out is an instance of Float32Array, and the result there float64 [3]; give a Float64Array of 3 elements, or a tensor of that shape and dtype",
      ],
      [
        () => compile((x: Tensor) => ({ y: x.mul(2) })).into({ y: new Float64Array(4) }, z(3)),
        ShapeError,
        "into: out.y has 4 elements, and the result there is float64 [3]; give a Float64Array of 3 elements, or a tensor of that shape and dtype",
      ],
      [
        () => wrong(compile((x: Tensor) => [x.sum()]).into, [z(1)], z(3)),
        ShapeError,
        "into: out[0] has the shape [1], and the result there is float64 []; give a Float64Array of 1 element, or a tensor of that shape and dtype",
      ],
      [
        () => compile((x: Tensor) => x.mul(2)).into(f32([1]), z(1)),
        DTypeError,
        "into: out is float32, and the result there float64 [1]; give a Float64Array of 1 element, or a tensor of that shape and dtype",
      ],
      [
        () => compile((x: Tensor) => x.mul(2)).into(variable([1]).mul(1), z(1)),
        CompileError,
        "into: out is the result of Mul; only variables and constants take new values",
      ],
      [
        () => wrong(compile((x: Tensor) => [x, x.sum()]).into, [new Float64Array(3)], z(3)),
        CompileError,
        "into: out is a list of 1, and the result there a list of 2; give a list with a place for each",
      ],
      [
        () => wrong(compile((x: Tensor) => ({ y: x.sum() })).into, new Float64Array(1), z(3)),
        CompileError,
        "into: out is an instance of Float64Array, and the result there a record, { y }; give one with a place for each",
      ],
      [
        () => wrong(compile((x: Tensor) => ({ y: x.sum() })).into, { x: new Float64Array(1) }, z(3)),
        CompileError,
        "into: out.x is no part of the result, { y }; leave it out",
      ],
      [
        () => wrong(compile((x: Tensor) => ({ y: x.sum(), n: 3 })).into, { y: new Float64Array(1), n: 4 }, z(3)),
        CompileError,
        "into: out.n is number 4, and the result there always 3, for which there is no place; leave it out",
      ],
    ],
  },
  {
    kind: "places for results that share memory",
    advice: "Give each place an array of its own; what a tensor was made of without a copy is that tensor's.",
    cases: [
      [
        () => {
          const array = new Float64Array(3);
          compile((x: Tensor) => x.mul(2)).into(array, fromArray(array, [3]));
        },
        CompileError,
        "into: a part of out lies in the memory of an argument; give each place an array of its own",
      ],
      [
        () => {
          const array = new Float64Array(5);
          const first = array.subarray(0, 3);
          compile((x: Tensor) => [x, x.mul(2)]).into([first, array.subarray(2)], z(3));
        },
        CompileError,
        "into: a part of out lies in the memory of another place in out; give each place an array of its own",
      ],
    ],
  },
  {
    kind: "a gradient that a compiled function would add to",
    advice: "`zeroGrad()` before the call, or first thing in the function; or give the gradient as an argument.",
    cases: [
      [
        () => {
          const w = variable([1], { name: "w" });
          const step = compile(() => w.square().sum().backward());
          step();
          step();
        },
        GraphError,
        "compile: w [1] has a gradient from before the call, to which the compiled function would add; call zeroGrad() before, or first thing in the function; or give the gradient to the function as an argument",
      ],
    ],
  },
  {
    kind: "a tensor whose value was read while tracing, changed afterwards",
    advice: "Use the tensor in ops in the place of its value: a program reads it at each call.",
    cases: [
      [
        () => {
          const rate = tensor(0.1, { name: "rate" });
          const f = compile((x: Tensor) => x.mul(rate.item()));
          f(t([1]));
          rate.assign(0.2);
          f(t([1]));
        },
        CompileError,
        "compile: the value of rate [] was read when the function was traced, and has changed since; use the tensor itself in ops, or clear() the programs of the function",
      ],
    ],
  },
  {
    kind: "something else where a program is meant",
    advice: "Give `f.program(...args)` of a compiled function `f`.",
    cases: [
      [
        () =>
          wrong(
            programToJson,
            compile((x: Tensor) => x.mul(2)),
          ),
        CompileError,
        "programToJson: takes the program of a compiled function, f.program(...args) of f = compile(...), got a function",
      ],
    ],
  },
];
