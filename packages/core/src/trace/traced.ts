import type { DType, Values } from "../dtype.js";
import { CompileError } from "../errors.js";
import type { Node } from "../graph/node.js";
import { Deferred, type Draw, tracer } from "../graph/tracer.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

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

  /** Also a number that is known is still a value of the program, and may be what a gradient is wanted of. */
  override get isReadOnce(): boolean {
    return false;
  }

  /** Only the value of a literal is known. */
  override read(): Values {
    if (this.source.kind === "literal") return this.source.value;
    const what = `${this.dtype} ${formatShape(this.shape)}`;
    const tracing = tracer();
    if (tracing === null) throw leftTrace(what);
    const from =
      this.source.kind === "node" ? `the result of ${this.source.node.name}, ` : `${article[this.source.kind]}, `;
    throw tracing.unknown(`${from}${what}`);
  }
}

/** The error for a traced value that was kept when its trace was over. */
export function leftTrace(what: string): CompileError {
  return new CompileError(
    `a tensor, ${what}, was made in a function that was traced (by compile, vmap or what runs in them) and has no value outside of it; ` +
      "return it from that function",
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
