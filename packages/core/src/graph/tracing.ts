import type { DType } from "../dtype.js";
import { CompileError } from "../errors.js";
import { checkNoMore } from "../options.js";
import type { Generator } from "../random/generator.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import type { Node, Values } from "./node.js";
import { inScope } from "./recording.js";
import type { Tensor } from "./tensor.js";

/**
 * Stands in `tensor.values` where there is no number and no array: while a function is traced there is no value yet, and
 * the values of a variable that a compiled program updates stay in that program's memory until somebody reads them. The
 * type of `values` does not mention it, because ops, which read values in their local forward only, never meet one.
 */
export abstract class Deferred {
  /** The values themselves, or an error that says why there are none. */
  abstract read(): Values;

  /** Arithmetic on what is taken for a number ends here, and not in NaN. */
  valueOf(): number {
    return this.read() as number;
  }
}

/** A gradient that lies in the memory of a program until somebody asks for it. */
export interface DeferredGradient {
  readonly isDeferred: true;
  read(): Tensor;
}

/** What there is in `values`, if it is no value. */
export function deferredIn(values: Values): Deferred | null {
  const stored: unknown = values;
  return stored instanceof Deferred ? stored : null;
}

/**
 * The one place where what is deferred is put where values stand. Its type is not theirs on purpose: everybody would have to ask
 * which of the two there is, and only those who read through `deferredIn` and `readValues` meet it.
 */
export function asValues(deferred: Deferred): Values {
  return deferred as unknown as Values;
}

/** The values themselves, where they are deferred. */
export function readValues(values: Values): Values {
  return deferredIn(values)?.read() ?? values;
}

/** What a value is called that is no result of an op. */
const article = { literal: "a number", input: "an argument", capture: "a variable", draw: "random numbers" } as const;

/**
 * A value of a program that is being traced: what `source` gives. An edge of the graph that is compiled, as a `Tensor` is
 * one of the graph that is walked backward; it belongs to the same nodes.
 */
export class Traced extends Deferred {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly source: Source;
  readonly inputs: readonly Traced[];

  constructor(id: number, shape: Shape, dtype: DType, source: Source, inputs: readonly Traced[]) {
    super();
    this.id = id;
    this.shape = shape;
    this.dtype = dtype;
    this.source = source;
    this.inputs = inputs;
  }

  /** Only the value of a literal is known. */
  override read(): Values {
    if (this.source.kind === "literal") return this.source.value;
    const what = `${this.dtype} ${formatShape(this.shape)}`;
    if (current === null) throw leftTrace(what);
    const from =
      this.source.kind === "node" ? `the result of ${this.source.node.name}, ` : `${article[this.source.kind]}, `;
    throw new CompileError(
      `compile: the value of ${from}${what}, is not known while the function is traced: item(), data, toArray() and branches ` +
        "on values cannot be compiled. Choose by where(...), return the tensor and read it outside, or call the function " +
        "without compile",
    );
  }
}

/** The error for a traced value that was kept when its trace was over. */
export function leftTrace(what: string): CompileError {
  return new CompileError(
    `compile: a tensor, ${what}, was made while a function was traced and has no value of its own; return it from that function`,
  );
}

/** Where a traced value comes from: an op, or one of the places at which a program is given something. */
export type Source =
  | { readonly kind: "node"; readonly node: Node }
  | { readonly kind: "literal"; readonly value: number }
  /** Tensor number `index` among the arguments of the compiled function. */
  | { readonly kind: "input"; readonly index: number }
  /** A tensor that the function closes over, number `index` of them. */
  | { readonly kind: "capture"; readonly index: number }
  | { readonly kind: "draw"; readonly draw: Draw };

/** Random numbers of a program: which generator of it, how far from where that stands, and what is made of the bits. */
export interface Draw {
  readonly generator: number;
  /** In blocks, from the position that the generator has when the program is called. */
  readonly offset: number;
  readonly method: "uniform" | "normal" | "integers" | "choice";
  readonly options: Readonly<Record<string, number | boolean>>;
}

/** Takes down what a function does with tensors, in the place of doing it. */
export interface Tracer {
  /** The result of an op that is not computed now. */
  apply(node: Node, inputs: readonly Tensor[], shape: Shape, dtype: DType): Values;
  /** The values of a tensor as the program will find them. */
  read(tensor: Tensor): Values;
  literal(value: number, dtype: DType): Values;
  /** The values of a tensor from outside are read now, and not when the program runs. */
  valueRead(tensor: Tensor): void;
  /** A tensor takes new values in the program. */
  assigned(tensor: Tensor): void;
  /** A hook was added; `remove` takes it away again. */
  hooked(remove: () => void): void;
  /** A tensor's gradient is about to be used (`read`) or replaced. */
  gradient(tensor: Tensor, use: "read" | "replace"): void;
  /** A draw of random numbers; `now` draws them at once, which moves the generator on and checks the options. */
  draw(
    generator: Generator,
    method: Draw["method"],
    options: Draw["options"],
    dtype: DType,
    shape: Shape,
    now: () => unknown,
  ): Values;
  /** A tensor was made in the function out of plain values. */
  tensorMade(tensor: Tensor): void;
  /** Something of a generator (its numbers, its position) is used now, and not when the program runs. */
  generatorUsed(generator: Generator, method: string): void;
  /** A generator was made in the function: new, or as stream number `stream` of a parent. */
  generatorMade(generator: Generator, parent: Generator | null, stream: number): void;
}

/** A scope, like those of recording and of watching. */
let current: Tracer | null = null;

export function tracer(): Tracer | null {
  return current;
}

/** Runs `f` with its ops taken down by a tracer, and puts back what was, also when `f` throws. */
export function withTracer<R>(tracer: Tracer | null, f: () => R): R {
  const before = current;
  current = tracer;
  try {
    return f();
  } finally {
    current = before;
  }
}

/**
 * Runs `f` at once, also in a function that is compiled: what it makes is made once, when the function is traced, and not at
 * each call. An optimizer makes its state in this way, when it sees a parameter for the first time.
 *
 * @example
 * const counter = eagerly(() => tensor(0));
 * const next = compile(() => counter.assign(counter.add(1)).mul(1));
 * next().item(); // 1
 * next().item(); // 2
 *
 * @throws GraphError when `f` is asynchronous or a generator: its work would be done when the function is traced again.
 */
export function eagerly<R>(f: () => R, ...none: []): R {
  checkNoMore("eagerly", none);
  return inScope("eagerly", f, (f) => withTracer(null, f));
}

/** The values of a tensor to be handed on to another one, as they are now. */
export function valuesOf(tensor: Tensor): Values {
  if (current !== null) return current.read(tensor);
  return readValues(tensor.values);
}
