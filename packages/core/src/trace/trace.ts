import type { DType, Values } from "../dtype.js";
import { CompileError, GraphError } from "../errors.js";
import { Elementwise } from "../graph/elementwise.js";
import type { Node } from "../graph/node.js";
import { withRecording } from "../graph/recording.js";
import { Tensor } from "../graph/tensor.js";
import { asValues, type Draw, deferredIn, type Tracer, withTracer } from "../graph/tracer.js";
import { withWatcher } from "../graph/watch.js";
import { Generator } from "../random/generator.js";
import { formatShape, scalarShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { KnownValues } from "./known-values.js";
import { positionOf } from "./positions.js";
import { leftTrace, type Source, Traced } from "./traced.js";

/** How a program finds, at each call, a generator that it draws from. */
export type GeneratorSource =
  /** One that the function closes over or is given; draws move it on. */
  | { readonly kind: "outside"; readonly generator: Generator }
  | { readonly kind: "argument"; readonly index: number }
  /** One that the function makes anew at each call, with a constant seed. */
  | { readonly kind: "made"; readonly state: ReturnType<Generator["state"]> }
  | { readonly kind: "fork"; readonly parent: number; readonly stream: number }
  /** In a block: generator `index` of what the block is a part of, moved on by `start` blocks. */
  | { readonly kind: "enclosing"; readonly index: number; readonly start: number };

/** A function as a graph: what it is given, what it gives, and what it leaves changed. */
export interface Trace {
  readonly inputs: readonly Traced[];
  readonly captures: readonly { readonly tensor: Tensor; readonly traced: Traced }[];
  /** The values to be returned. */
  readonly outputs: readonly Traced[];
  /** Tensors that have new values after a call. */
  readonly assignments: readonly { readonly tensor: Tensor; readonly value: Traced }[];
  /** Variables that have another gradient after a call; `null` for none. */
  readonly gradients: readonly { readonly tensor: Tensor; readonly value: Traced | null }[];
  /** Tensors whose values were read while tracing, and the versions of these. */
  readonly reads: readonly { readonly tensor: Tensor; readonly version: number }[];
  /** Variables that must have no gradient when the program is called: it would be added to. */
  readonly withoutGradient: readonly Tensor[];
  /** What is drawn from, and by how much a run moves it on. */
  readonly generators: readonly { readonly source: GeneratorSource; readonly blocks: number }[];
  /** The number of values recorded. */
  readonly size: number;
}

/** What a placeholder is made like. */
export type Form = Pick<Tensor, "shape" | "dtype" | "name">;

/** The tensors and generators among the arguments of the function; and what it is given in the place of them. */
export interface Placed {
  readonly tensors: readonly Tensor[];
  readonly generators: readonly Generator[];
}

/**
 * Runs `f` on placeholders, and records what it does: see `Trace`. Nothing of the caller's is changed afterwards, also when
 * `f` throws.
 *
 * @param f gives the tensors that are to be computed
 */
export function trace(given: Placed, f: (placeholders: Placed) => readonly Tensor[]): Trace {
  const recording = (placeholders: Placed) => withRecording(true, () => f(placeholders));
  const recorder = new Recorder(given, true);
  try {
    const made = recorder.run(recording);
    if (!recorder.isApart) return made;
  } catch (error) {
    if (!recorder.isApart) throw error;
  }
  return new Recorder(given, false).run(recording);
}

export class Recorder implements Tracer {
  protected readonly inputs: Traced[];
  protected readonly placeholders: Placed;
  private readonly known: Traced[] = [];
  /** Values of ops that have been recorded: equal ones are one. */
  protected readonly results = new KnownValues();
  /** By the id of a value: the edge that stands for it in the graph. */
  private readonly edges: (Tensor | undefined)[] = [];
  /** Nodes that several edges have; none where these are kept apart. */
  protected readonly shared: Set<Node> | null;
  /** Whether the function asks something of one of such edges, which only a trace that keeps them apart can tell. */
  isApart = false;
  private readonly captures = new Map<Tensor, Traced>();
  /** What the tensors were that the function has assigned to. */
  private readonly before = new Map<Tensor, { readonly values: Values; readonly version: number }>();
  private readonly reads = new Map<Tensor, number>();
  /** Tensors that the function makes at each call anew. */
  protected readonly local = new Set<Tensor>();
  private readonly gradientsBefore = new Map<Tensor, Tensor | null>();
  private readonly withoutGradient = new Set<Tensor>();
  private readonly literals = new Map<DType, Map<number | string, Traced>>();
  protected readonly generators = new Map<Generator, KnownGenerator>();
  private readonly hooks: (() => void)[] = [];
  protected readonly made = new Map<Generator, { readonly parent: Generator | null; readonly stream: number }>();

  /** @param shares whether edges with equal values may have one node */
  constructor(
    { tensors, generators }: { readonly tensors: readonly Form[]; readonly generators: readonly Generator[] },
    shares: boolean,
  ) {
    this.shared = shares ? new Set() : null;
    this.inputs = [];
    for (const { shape, dtype } of tensors) this.input(shape, dtype);
    this.placeholders = {
      tensors: this.inputs.map((input, i) => placeholder(input, tensors[i]?.name)),
      // Of their own, so that what is given is not mistaken for what the function closes over.
      generators: generators.map((generator) => Generator.fromState(generator.state())),
    };
    for (const [index, generator] of this.placeholders.generators.entries()) {
      this.addGenerator(generator, { kind: "argument", index });
    }
  }

  run(f: (placeholders: Placed) => readonly Tensor[]): Trace {
    try {
      return withWatcher(null, () =>
        withTracer(this, () => this.result(f(this.placeholders).map((tensor) => this.tracedOf(tensor)))),
      );
    } finally {
      this.restore();
    }
  }

  apply(node: Node, inputs: readonly Tensor[], shape: Shape, dtype: DType): Values {
    const operands = inputs.map((input) => this.tracedOf(input));
    if (
      shape.length === 0 &&
      node instanceof Elementwise &&
      operands.every(({ source }) => source.kind === "literal")
    ) {
      return this.literal(node.localForward(shape, dtype, ...inputs) as number, dtype);
    }
    const composed = this.composition(node, shape, dtype, inputs);
    if (composed !== null) return this.read(composed);
    return asValues(this.results.of(node, operands, () => this.traced(shape, dtype, { kind: "node", node }, operands)));
  }

  /** What stands in the place of a node: the ops that it is composed of, if there are any. */
  protected composition(node: Node, shape: Shape, dtype: DType, inputs: readonly Tensor[]): Tensor | null {
    return node.composition(shape, dtype, inputs);
  }

  madeBy(_node: Node, result: Tensor, _inputs: readonly Tensor[]): Values {
    return this.read(result);
  }

  /** What errors call the one who has a function traced. */
  protected get caller(): string {
    return "compile";
  }

  unknown(what: string): Error {
    return new CompileError(
      `compile: the value of ${what}, is not known while the function is traced: item(), data, toArray() and branches ` +
        "on values cannot be compiled. Choose by where(...), return the tensor and read it outside, or call the function " +
        "without compile",
    );
  }

  get isProgram(): boolean {
    return true;
  }

  /** Whether edges with equal values may have one node. */
  get shares(): boolean {
    return this.shared !== null;
  }

  edgeOf(values: Values): Tensor | null {
    const traced = deferredIn(values);
    return traced instanceof Traced ? (this.edges[traced.id] ?? null) : null;
  }

  recorded(edge: Tensor, isShared: boolean): void {
    if (this.shared === null || edge.node === null) return;
    if (isShared) this.shared.add(edge.node);
    else {
      const traced = deferredIn(edge.values) as Traced;
      // What is composed of other ops has a backward of its own.
      if (traced.source.kind === "node" && traced.source.node.constructor === edge.node.constructor) {
        this.edges[traced.id] = edge;
      }
    }
  }

  apart(edge: Tensor): void {
    if (edge.node !== null && this.shared?.has(edge.node)) this.isApart = true;
  }

  read(tensor: Tensor): Values {
    return asValues(this.tracedOf(tensor));
  }

  literal(value: number, dtype: DType): Values {
    let literals = this.literals.get(dtype);
    if (literals === undefined) {
      literals = new Map();
      this.literals.set(dtype, literals);
    }
    // To a map -0 is 0.
    const key = Object.is(value, -0) ? "-0" : value;
    let known = literals.get(key);
    if (known === undefined) {
      known = this.traced(scalarShape, dtype, { kind: "literal", value }, []);
      literals.set(key, known);
    }
    return asValues(known);
  }

  valueRead(tensor: Tensor): void {
    if (!this.local.has(tensor) && deferredIn(tensor.values) === null) this.reads.set(tensor, tensor.version);
  }

  assigned(tensor: Tensor): void {
    if (this.before.has(tensor)) return;
    if (this.placeholders.tensors.includes(tensor) || this.local.has(tensor)) throw assignedInside(tensor, this.local);
    // Captured first: it has a place of its own in the program's memory.
    if (!(deferredIn(tensor.values) instanceof Traced)) this.tracedOf(tensor);
    if (this.captures.has(tensor)) this.before.set(tensor, { values: tensor.values, version: tensor.version });
  }

  gradient(tensor: Tensor, use: "read" | "replace"): void {
    if (this.gradientsBefore.has(tensor)) return;
    // A variable that the function makes itself begins without a gradient at each call.
    const gradient = withTracer(null, () => tensor.grad);
    this.gradientsBefore.set(tensor, gradient);
    if (use === "replace") return;
    if (gradient !== null) throw gradientLeft(tensor);
    this.withoutGradient.add(tensor);
  }

  draw(
    generator: Generator,
    method: Draw["method"],
    options: Draw["options"],
    dtype: DType,
    shape: Shape,
    now: () => unknown,
  ): Values {
    const { index, start } = this.generatorOf(generator);
    const offset = positionOf(generator) - start;
    // Checks the options, and moves the generator on by the blocks that the program is going to use.
    withTracer(null, now);
    const draw: Draw = { generator: index, offset, method, options };
    const drawn = this.traced([sizeOf(shape)], dtype, { kind: "draw", draw }, []);
    const flat = new Tensor(drawn.shape, dtype, asValues(drawn), null, false);
    return this.read(flat.reshape(shape));
  }

  hooked(_tensor: Tensor, remove: () => void): void {
    this.hooks.push(remove);
  }

  tensorMade(tensor: Tensor): void {
    this.local.add(tensor);
  }

  generatorUsed(generator: Generator, method: string): void {
    // One that is made anew at each call gives the same numbers at each; so does a fork, wherever what it is a fork of stands.
    let root = generator;
    for (let made = this.made.get(root); made !== undefined; made = this.made.get(root)) {
      if (made.parent === null) return;
      root = made.parent;
    }
    if (root !== generator && !this.placeholders.generators.includes(root)) return;
    throw new CompileError(
      `${this.caller}: generator.${method} would be of use once, when the function is traced, and not at each call: draw tensors there, as in ` +
        "new Random(generator).normal(shape), and use the generator itself outside of the function",
    );
  }

  generatorMade(generator: Generator, parent: Generator | null, stream: number): void {
    this.made.set(generator, { parent, stream });
  }

  generatorOf(generator: Generator): KnownGenerator {
    const known = this.generators.get(generator);
    if (known !== undefined) return known;
    const made = this.made.get(generator);
    if (made === undefined) return this.addGenerator(generator, { kind: "outside", generator });
    if (made.parent === null) return this.addGenerator(generator, { kind: "made", state: generator.state() });
    const { index } = this.generatorOf(made.parent);
    return this.addGenerator(generator, { kind: "fork", parent: index, stream: made.stream });
  }

  protected addGenerator(
    generator: Generator,
    source: GeneratorSource,
    // A fork begins at 0, though it may have been moved on before the first draw of the program.
    start: number = source.kind === "fork" ? 0 : positionOf(generator),
  ): KnownGenerator {
    const added = { source, index: this.generators.size, start };
    this.generators.set(generator, added);
    return added;
  }

  /** The trace that a tensor was made in: this one, or one around it; `null` for what no trace made. */
  ownerOf(tensor: Tensor): Recorder | null {
    const deferred = deferredIn(tensor.values);
    return deferred instanceof Traced && this.known[deferred.id] === deferred ? this : null;
  }

  /** The value of a tensor in this trace. */
  tracedOf(tensor: Tensor): Traced {
    const deferred = deferredIn(tensor.values);
    return deferred instanceof Traced && this.owns(deferred) ? deferred : this.outside(tensor);
  }

  /** Whether a value belongs to this trace. */
  owns(value: Traced): boolean {
    return this.known[value.id] === value;
  }

  /** That of a tensor which was not made in the traced function. */
  protected outside(tensor: Tensor): Traced {
    if (deferredIn(tensor.values) instanceof Traced) throw leftTrace(`${tensor.dtype} ${formatShape(tensor.shape)}`);
    const known = this.captures.get(tensor);
    if (known !== undefined) return known;
    const index = this.captures.size;
    const made = this.traced(tensor.shape, tensor.dtype, { kind: "capture", index }, []);
    this.captures.set(tensor, made);
    return made;
  }

  /** The tensor from outside that a value is; `null` for one that is none. */
  closedOver(value: Traced): Tensor | null {
    for (const [tensor, own] of this.captures) if (own === value) return tensor;
    return null;
  }

  protected input(shape: Shape, dtype: DType): Traced {
    const made = this.traced(shape, dtype, { kind: "input", index: this.inputs.length }, []);
    this.inputs.push(made);
    return made;
  }

  protected traced(shape: Shape, dtype: DType, source: Source, inputs: readonly Traced[]): Traced {
    const made = new Traced(this.known.length, shape, dtype, source, inputs);
    this.known.push(made);
    return made;
  }

  private result(outputs: readonly Traced[]): Trace {
    const assignments = [...this.before.keys()].map((tensor) => ({ tensor, value: this.tracedOf(tensor) }));
    const gradients = [...this.gradientsBefore.keys()].flatMap((tensor) => {
      const gradient = withTracer(null, () => tensor.grad);
      if (this.local.has(tensor)) return [];
      return [{ tensor, value: gradient === null ? null : this.tracedOf(gradient) }];
    });
    return {
      inputs: this.inputs,
      captures: [...this.captures].map(([tensor, traced]) => ({ tensor, traced })),
      outputs,
      assignments,
      gradients,
      reads: [...this.reads].map(([tensor, version]) => ({ tensor, version })),
      withoutGradient: [...this.withoutGradient],
      generators: [...this.generators].map(([generator, { source, start }]) => ({
        source,
        blocks: positionOf(generator) - start,
      })),
      size: this.known.length,
    };
  }

  private restore(): void {
    for (const [tensor, { values, version }] of this.before) tensor.settle(values, version);
    for (const [tensor, gradient] of this.gradientsBefore) tensor.grad = gradient;
    for (const [generator, { source, start }] of this.generators) {
      if (source.kind === "outside") generator.moveTo(start);
    }
    for (const remove of this.hooks) remove();
  }
}

/** A generator as a trace knows it: its number, and where it stood when the trace met it. */
export interface KnownGenerator {
  readonly source: GeneratorSource;
  readonly index: number;
  readonly start: number;
}

function placeholder(input: Traced, name: string | undefined): Tensor {
  const made = new Tensor(input.shape, input.dtype, asValues(input), null, false);
  made.name = name;
  return made;
}

/** The error for an assignment that nobody outside would see, or not at each call. */
function assignedInside(tensor: Tensor, local: ReadonlySet<Tensor>): CompileError {
  const what = `${tensor.name ?? "a tensor"} ${formatShape(tensor.shape)}`;
  return new CompileError(
    local.has(tensor)
      ? `compile: assign: ${what} is made in the compiled function, anew at each call; make state outside of it, or once with ` +
          "eagerly(() => ...), and what is no state with let, as in x = x.add(1)"
      : `compile: assign: ${what} is an argument of the compiled function, and what is given to it does not change; let the ` +
          "function close over the tensor that is to be updated",
  );
}

/** The error for a tensor whose value is a constant of the program, and not what it was. */
export function valueChanged(tensor: Tensor): CompileError {
  return new CompileError(
    `compile: the value of ${tensor.name ?? "a tensor"} ${formatShape(tensor.shape)} was read when the function was traced, and has ` +
      "changed since; use the tensor itself in ops, or clear() the programs of the function",
  );
}

/** The error for a variable that has a gradient, to which the function would add. */
export function gradientLeft(tensor: Tensor): GraphError {
  return new GraphError(
    `compile: ${tensor.name ?? "a variable"} ${formatShape(tensor.shape)} has a gradient from before the call, to which the compiled ` +
      "function would add; call zeroGrad() before, or first thing in the function; or give the gradient to the function as an argument",
  );
}
