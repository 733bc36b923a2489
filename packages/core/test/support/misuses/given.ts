import {
  ChainruleError,
  CompileError,
  compile,
  customGradient,
  customOp,
  DTypeError,
  elementwise,
  fromArray,
  GraphError,
  grad,
  hvp,
  Node,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  unstack,
  variable,
  vjp,
  zeros,
} from "../../../src/index.js";
import type { Misuse } from "./misuse.js";

// The part of the table of misuses that is about what functions of the consumer's give to the engine, and take from it.

/** A walk through a hook that gives something. */
function hooked(given: unknown): void {
  const w = variable([1, 2], { name: "w" });
  w.onGradient(() => given as Tensor);
  w.square().sum().backward();
}

/** An op of one's own whose local backward gives something. */
class Backward extends Node {
  override readonly name = "Backward";
  readonly given: unknown;

  constructor(given: unknown) {
    super();
    this.given = given;
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override localForward(_shape: Shape, _dtype: unknown, x: Tensor) {
    return x.values;
  }

  override localBackward(): Tensor {
    return this.given as Tensor;
  }
}

/** What the types forbid. */
type Loose = (...args: unknown[]) => unknown;

const through = (node: Node) =>
  node
    .apply(variable([1, 2]))
    .sum()
    .backward();

/** A rule whose parts give something. */
const ruled = (forward: unknown, backward: unknown) =>
  elementwise("Own", {
    forward: (_k, x) => (forward === null ? x : (forward as typeof x)),
    backward: [() => backward as never],
  });

const copying = (more: object) =>
  customOp("Copy", {
    arity: 1,
    shape: (x: Shape) => x,
    forward: (out, x) => out.set(x.data),
    backward: [(d) => d],
    ...more,
  });

/** An array that has gone to somewhere else. */
function sent<A extends Float64Array>(array: A, use: (array: A) => unknown): unknown {
  const made = use(array);
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return made;
}

const clone =
  "the plain object that structuredClone makes of a tensor (send x.toTransfer(), and make a tensor of it with fromTransfer(...))";

export const givenMisuses: readonly Misuse[] = [
  {
    kind: "a hook that gives what is no tensor",
    advice: "Give a tensor like the gradient, or nothing.",
    cases: [
      [
        () => hooked(5),
        GraphError,
        "onGradient: a hook of w, float64 [2], gave 5; it must give a tensor like the gradient, or nothing",
      ],
      [
        () => hooked(Promise.resolve(tensor([1, 2]))),
        GraphError,
        "onGradient: a hook of w, float64 [2], gave a Promise; it must give a tensor like the gradient, or nothing",
      ],
      [
        () => hooked(structuredClone(tensor([1, 2]))),
        GraphError,
        `onGradient: a hook of w, float64 [2], gave ${clone}; it must give a tensor like the gradient, or nothing`,
      ],
    ],
  },
  {
    kind: "a backward of one's own that gives what is no tensor",
    advice: "Compute the gradient with ops; give `null` where it is zero.",
    cases: [
      [
        () =>
          customGradient((x) => x.mul(2), [() => 5 as unknown as Tensor], { name: "twice" })(variable([1, 2]))
            .sum()
            .backward(),
        GraphError,
        "twice: its local backward gave 5 for input 0, float64 [2]; it must give a tensor, computed with ops, or null where the gradient is zero",
      ],
      [
        () => grad(copying({ backward: [() => ({ dtype: "float64", shape: [], data: Float64Array.of(1) })] }))(2),
        GraphError,
        "Copy: its local backward gave a tensor in the form of toTransfer (make a tensor of it with fromTransfer(...)) for input 0, float64 []; it must give a tensor, computed with ops, or null where the gradient is zero",
      ],
      [
        () => through(new Backward(undefined)),
        GraphError,
        "Backward: its local backward gave undefined for input 0, float64 [2]; it must give a tensor, computed with ops, or null where the gradient is zero",
      ],
      [
        () => through(new Backward(structuredClone(tensor([1, 2])))),
        GraphError,
        `Backward: its local backward gave ${clone} for input 0, float64 [2]; it must give a tensor, computed with ops, or null where the gradient is zero`,
      ],
    ],
  },
  {
    kind: "an elementwise rule that gives no numbers",
    advice: "Write the rule with the functions of `k` alone.",
    cases: [
      [
        () => ruled("a", null)(2),
        GraphError,
        'Own: its forward gave "a"; it must give what the functions of k give, over numbers a number',
      ],
      [
        () => ruled(undefined, null)(tensor([1, 2])),
        GraphError,
        "Own: its forward gave undefined; it must give what the functions of k give, over numbers a number",
      ],
      [
        () => grad(ruled(null, "a"))(2),
        GraphError,
        'Own: its backward for input 0 gave "a"; it must give what the functions of k give, over numbers a number',
      ],
      [
        () =>
          ruled(
            null,
            true,
          )(variable([1, 2]))
            .sum()
            .backward(),
        GraphError,
        "Own: its backward for input 0 gave true; it must give what the functions of k give, over numbers a number",
      ],
      [
        () => new (ruled(1n, null).Node)().forward(2),
        GraphError,
        "Own: its forward gave 1n; it must give what the functions of k give, over numbers a number",
      ],
      [
        () => compile(ruled(undefined, null))(tensor([1, 2])),
        GraphError,
        "Own: its forward gave undefined; it must give what the functions of k give, over numbers a number",
      ],
      [
        () => elementwise("Own", { gives: "bool", forward: (k, x) => k.mul(x, 2), backward: "it is a step" })(1),
        DTypeError,
        "Own: its forward gave 2, which is no bool: 0 and 1 are; end in a comparison, as in k.notEqual(x, 0)",
      ],
      [
        () => elementwise("Own", { takes: "int32" as never, forward: (_k, x) => x, backward: [null] }),
        DTypeError,
        'elementwise: Own: takes "int32": there are "float", "number", "bool", "any", "where"',
      ],
    ],
  },
  {
    kind: "parts of an op of one's own that are something else",
    advice: "The message says what the part is.",
    cases: [
      [() => copying({ dtype: "float32" }), ChainruleError, 'customOp: Copy: dtype is a function, got "float32"'],
      [
        () => copying({ dtype: () => "double" })(2),
        DTypeError,
        'Copy: its dtype: "double" is no dtype; there are float64, float32, int32, bool',
      ],
      [() => copying({ attributes: 5 }), GraphError, "customOp: Copy: attributes are a record of settings, got 5"],
      [
        () => copying({ forward: async () => undefined })(2),
        GraphError,
        "Copy: forward gave a promise; it fills the array that it gets first, as in out.set(...)",
      ],
    ],
  },
  {
    kind: "a list for one tensor in a transform",
    advice: "A list is a list of tensors inside of the function: give `tensor([1, 2])` where one tensor is meant.",
    cases: [
      [
        () => grad((x: Tensor) => x.square())([1, 2] as unknown as Tensor),
        GraphError,
        'grad: the function threw "x.square is not a function"; argument 0 is a list of tensors inside of it, as it was given; where one tensor is meant, give tensor(...)',
      ],
      [
        () => grad((_x: Tensor, y: Tensor) => y.square())(...([tensor(2)] as unknown as [Tensor, Tensor])),
        GraphError,
        "grad: the function threw \"Cannot read properties of undefined (reading 'square')\"; it names 2 arguments, and was given 1",
      ],
      [
        () => (hvp as unknown as Loose)((l: Tensor[]) => (l[0] as Tensor).square(), [tensor(1), tensor(2)], [1, 1]),
        GraphError,
        "hvp: the function threw \"Cannot read properties of undefined (reading 'square')\"; it names 1 argument, and was given 2, out of a list; where it takes the list itself, write hvp(f)([[x, y]], [[v, w]])",
      ],
      [
        () => (vjp as unknown as Loose)((l: Tensor[]) => (l[0] as Tensor).square(), tensor(1), tensor(2)),
        GraphError,
        "vjp: the function threw \"Cannot read properties of undefined (reading 'square')\"; it names 1 argument, and was given 2; where it takes one list of them, write vjp(f)([x, y])",
      ],
    ],
  },
  {
    kind: "a compiled function that is called without an argument",
    advice: "Give all arguments that the function names.",
    cases: [
      [
        () => compile((x: Tensor) => x.mul(2))(...([] as unknown as [Tensor])),
        CompileError,
        "compile: the function threw \"Cannot read properties of undefined (reading 'mul')\"; it names 1 argument, and was given 0",
      ],
      [() => compile(class {} as unknown as () => Tensor), CompileError, "compile: takes a function, got a class"],
    ],
  },
  {
    kind: "an array that was transferred to somewhere else",
    advice: "Send what `toTransfer()` gives, which is a copy.",
    cases: [
      [
        () => tensor(sent(Float64Array.of(1, 2), (array) => array) as Float64Array),
        DTypeError,
        "tensor: got an array that was transferred to somewhere else before, and has no elements any more",
      ],
      [
        () => (sent(Float64Array.of(1, 2), (array) => fromArray(array, [2])) as Tensor).sum(),
        GraphError,
        "a tensor, float64 [2], has lost its values: the array that it was made of without a copy (by fromArray or fromTransfer) was transferred to somewhere else; send x.toTransfer() instead",
      ],
      [
        () => String(sent(Float64Array.of(1, 2), (array) => fromArray(array, [2], { name: "x" }))),
        GraphError,
        "x, float64 [2], has lost its values: the array that it was made of without a copy (by fromArray or fromTransfer) was transferred to somewhere else; send x.toTransfer() instead",
      ],
    ],
  },
  {
    kind: "a hundred thousand parts of nothing",
    advice: "Cut along another axis.",
    cases: [
      [
        () => unstack(zeros([2 ** 22, 0])),
        ShapeError,
        "unstack: 4194304 parts of [4194304, 0], which has no elements; 65536 at most are made",
      ],
    ],
  },
];
