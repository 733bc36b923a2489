import type { DType, Values } from "../dtype.js";
import { checkNoMore } from "../options.js";
import type { Shape } from "../shape/types.js";
import type { Edge, Vertex } from "./edge.js";
import { inScope } from "./recording.js";

/**
 * Stands in `tensor.values` where there is no number and no array: while a function is traced there is no value yet, and
 * the values of a variable that a compiled program updates stay in that program's memory until somebody reads them. The
 * type of `values` does not mention it, because ops, which read values in their local forward only, never meet one.
 */
export abstract class Deferred {
  /** The values themselves, or an error that says why there are none. */
  abstract read(): Values;

  /** Whether they stand in the place of this one once they have been read. */
  get isReadOnce(): boolean {
    return true;
  }

  /** Arithmetic on what is taken for a number ends here, and not in NaN. */
  valueOf(): number {
    return this.read() as number;
  }
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

/** Random numbers of a program: which generator of it, how far from where that stands, and what is made of the bits. */
export interface Draw {
  readonly generator: number;
  /** In blocks, from the position that the generator has when the program is called. */
  readonly offset: number;
  readonly method: "uniform" | "normal" | "integers" | "choice";
  readonly options: Readonly<Record<string, number | boolean>>;
}

/** Records what a function does with tensors, instead of doing it. */
export interface Tracer {
  /** Whether it makes a program, to which graphs from outside do not belong. */
  readonly isProgram: boolean;
  /** The result of an op that is not computed now. */
  apply(node: Vertex, inputs: readonly Edge[], shape: Shape, dtype: DType): Values;
  /** The edge of the graph that has these values, made by the op that they are of; `null` for none. */
  edgeOf(values: Values): Edge | null;
  /** An edge is in the graph from now on; `isShared` where it has its node in common with others. */
  recorded(edge: Edge, isShared: boolean): void;
  /** Something is asked of an edge apart from those that share its node: its gradient, or a hook. */
  apart(edge: Edge): void;
  /** The values of what a node made by running ops, while its gradient is the node's own. */
  madeBy(node: Vertex, result: Edge, inputs: readonly Edge[]): Values;
  /** The error for a value that is wanted while the function is traced; `what` says which. */
  unknown(what: string): Error;
  /** The values of a tensor as the program will find them. */
  read(tensor: Edge): Values;
  literal(value: number, dtype: DType): Values;
  /** The values of a tensor from outside are read now, and not when the program runs. */
  valueRead(tensor: Edge): void;
  /** A tensor takes new values in the program. */
  assigned(tensor: Edge): void;
  /** A hook was added to a tensor; `remove` takes it away again. */
  hooked(tensor: Edge, remove: () => void): void;
  /** A tensor's gradient is about to be used (`read`) or replaced. */
  gradient(tensor: Edge, use: "read" | "replace"): void;
  /** A draw of random numbers; `now` draws them at once, which moves the generator on and checks the options. */
  draw(
    generator: object,
    method: Draw["method"],
    options: Draw["options"],
    dtype: DType,
    shape: Shape,
    now: () => unknown,
  ): Values;
  /** A tensor was made in the function out of plain values. */
  tensorMade(tensor: Edge): void;
  /** Something of a generator (its numbers, its position) is used now, and not when the program runs. */
  generatorUsed(generator: object, method: string): void;
  /** A generator was made in the function: new, or as stream number `stream` of a parent. */
  generatorMade(generator: object, parent: object | null, stream: number): void;
}

/** A scope, like those of recording and of watching. */
let current: Tracer | null = null;

export function tracer(): Tracer | null {
  return current;
}

/** Runs `f` with its ops recorded by a tracer, and puts back what was, also when `f` throws. */
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
export function valuesOf(tensor: Edge): Values {
  if (current !== null) return current.read(tensor);
  return readValues(tensor.values);
}
