import { allocate, type DType, isFloat, type TypedArray, type Values, viewOf } from "../../dtype.js";
import { CompileError } from "../../errors.js";
import type { Node } from "../../graph/node.js";
import { withReads } from "../../graph/reads.js";
import { isRecording } from "../../graph/recording.js";
import { Tensor } from "../../graph/tensor.js";
import { asValues, Deferred, deferredIn } from "../../graph/tracer.js";
import { Generator } from "../../random/generator.js";
import { gradientLeft, type Trace, valueChanged } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { webAssembly } from "../../wasm/features.js";
import { neededBy } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import { mayStop, writesOf } from "../ir/kernel.js";
import { programObserver, type RunObserver } from "./observer.js";
import { CompiledResult } from "./result.js";
import type { Stages } from "./stages.js";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly run: () => number;
}

const noGenerators: readonly Generator[] = [];
const compiledResult = new CompiledResult();

/** A compiled function for arguments of certain shapes and dtypes, with a memory of its own. */
export class Executable {
  readonly stages: Stages;
  /** How long the engine's own compilation took, in milliseconds. */
  readonly instantiateTime: number;
  private readonly trace: Trace;
  private readonly exports: Exports;
  readonly memory: ArrayBuffer;
  private readonly views = new Map<Buffer, TypedArray>();
  /** The memory of the arguments that are tensors, in order: what is written here is what a run without them finds. */
  readonly inputs: readonly TypedArray[];
  /** The memory of the results, in order, until the next run. */
  readonly outputs: readonly TypedArray[];
  private readonly captured: readonly TypedArray[];
  /** By capture: the version of the tensor whose values are in the memory; -1 before the first run. */
  private readonly versions: number[];
  private readonly residents: readonly Resident[];
  /** Whether a run may stop when it has already overwritten gradients of the one before. */
  private readonly failsLate: boolean;
  /** By assignment, the number of the capture. */
  private readonly assigned: readonly number[];
  private readonly observer: RunObserver | null;
  /** The values that depend on tensors that gradients are wanted of. */
  private readonly linked: ReadonlySet<Traced>;

  constructor(stages: Stages) {
    const { simplified, schedule, plan, module } = stages;
    const start = performance.now();
    this.exports = instantiate(module);
    this.memory = this.exports.memory.buffer;
    this.instantiateTime = performance.now() - start;
    this.observer = programObserver()?.({ ...stages, memory: this.memory }) ?? null;
    this.stages = stages;
    this.trace = simplified;
    const places = new Map(simplified.captures.map(({ tensor }, i) => [tensor, i]));
    this.assigned = simplified.assignments.map(({ tensor }) => places.get(tensor) as number);
    this.linked = linkedIn(simplified);
    const left = new Set(schedule.gradients.map((buffer) => buffer && plan.addresses.get(buffer)));
    const beforeChecks = schedule.kernels.slice(0, schedule.kernels.findLastIndex(mayStop) + 1);
    this.failsLate = beforeChecks.flatMap(writesOf).some((buffer) => left.has(plan.addresses.get(buffer)));
    this.inputs = schedule.inputs.map((buffer) => this.view(buffer));
    this.outputs = schedule.outputs.map((buffer) => this.view(buffer));
    this.captured = schedule.captures.map((buffer) => this.view(buffer));
    this.versions = schedule.captures.map(() => -1);
    this.residents = schedule.assigned.map((buffer) => new Resident(this.view(buffer), buffer));
  }

  /**
   * The results of the last run, in arrays of their own.
   *
   * @param isLinked whether gradients are wanted of an argument
   */
  results(isLinked: boolean): readonly Tensor[] {
    const { outputs } = this.stages.schedule;
    const results: Tensor[] = [];
    for (let i = 0; i < outputs.length; i++) {
      const buffer = outputs[i] as Buffer;
      const linked =
        isRecording() && isFloat(buffer.dtype) && (isLinked || this.linked.has(this.trace.outputs[i] as Traced));
      results.push(this.read(this.outputs[i] as TypedArray, buffer, linked ? compiledResult : null));
    }
    return results;
  }

  /** Writes the results of the last run into places for them: arrays, and tensors, which take new values. */
  writeInto(targets: readonly (Tensor | TypedArray)[]): void {
    const { outputs } = this.stages.schedule;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as Tensor | TypedArray;
      const view = this.outputs[i] as TypedArray;
      if (target instanceof Tensor) target.assign(this.read(view, outputs[i] as Buffer, null));
      else target.set(view);
    }
  }

  /** The tensors that the function closes over. */
  get captures(): Trace["captures"] {
    return this.trace.captures;
  }

  /**
   * Runs the program once.
   *
   * @param tensors the arguments; without them those that are in the memory
   */
  // By index, as iterators would take longer than a small program.
  run(tensors: readonly Tensor[], generators: readonly Generator[]): void {
    const { trace } = this;
    if (this.failsLate) for (const { tensor } of trace.gradients) void tensor.grad;
    this.checkBefore();
    for (let i = 0; i < tensors.length; i++) write(this.inputs[i] as TypedArray, tensors[i] as Tensor);
    this.writeCaptures();
    const sources = trace.generators.length === 0 ? noGenerators : this.writeGenerators(generators);
    const seen = this.observer?.() ?? null;
    const code = this.exports.run();
    seen?.(code);
    if (code !== 0) this.fail(code);
    for (let i = 0; i < sources.length; i++) {
      const { source, blocks } = trace.generators[i] as Trace["generators"][number];
      const generator = sources[i] as Generator;
      if (source.kind === "outside" || source.kind === "argument") generator.moveTo(generator.position + blocks);
    }
    if (trace.assignments.length > 0) this.settle();
    if (trace.gradients.length > 0) this.leaveGradients();
  }

  /** What the program was made for has to hold still. */
  private checkBefore(): void {
    const { reads, withoutGradient } = this.trace;
    for (let i = 0; i < reads.length; i++) {
      const { tensor, version } = reads[i] as Trace["reads"][number];
      if (tensor.version !== version) throw valueChanged(tensor);
    }
    for (let i = 0; i < withoutGradient.length; i++) {
      const tensor = withoutGradient[i] as Tensor;
      if (tensor.gradient !== null) throw gradientLeft(tensor);
    }
  }

  private fail(code: number): void {
    const failure = this.stages.schedule.failures[code - 1];
    if (failure !== undefined) throw failure.error(this.view(failure.buffer) as Int32Array);
  }

  private leaveGradients(): void {
    const { gradients } = this.stages.schedule;
    this.trace.gradients.forEach(({ tensor }, i) => {
      const buffer = gradients[i] as Buffer | null;
      tensor.gradient =
        buffer === null ? null : { isDeferred: true, read: () => this.read(this.view(buffer), buffer, null) };
    });
  }

  /** Takes the values that are only here to the tensors that they belong to: the program is not needed any more. */
  release(): void {
    this.trace.assignments.forEach(({ tensor }, i) => {
      if ((tensor.values as unknown) === this.residents[i])
        tensor.settle(this.residents[i]?.read() as Values, tensor.version);
    });
  }

  /** A buffer's elements in the memory, always the same array. */
  private view(buffer: Buffer): TypedArray {
    let view = this.views.get(buffer);
    if (view === undefined) {
      const address = this.stages.plan.addresses.get(buffer) as number;
      view = viewOf(buffer.dtype, this.memory, address, buffer.size);
      this.views.set(buffer, view);
    }
    return view;
  }

  private read(view: TypedArray, buffer: Buffer, node: Node | null): Tensor {
    return new Tensor(buffer.shape, buffer.dtype, copyOf(view, buffer), node, false);
  }

  private writeCaptures(): void {
    const { captures } = this.trace;
    for (let i = 0; i < captures.length; i++) {
      const { tensor } = captures[i] as Trace["captures"][number];
      if (this.versions[i] === tensor.version) continue;
      write(this.captured[i] as TypedArray, tensor);
      this.versions[i] = tensor.version;
    }
  }

  /** Writes where each generator stands; gives the generators. */
  private writeGenerators(given: readonly Generator[]): Generator[] {
    const sources: Generator[] = [];
    this.trace.generators.forEach(({ source }, i) => {
      const generator = generatorOf(source, given, sources);
      sources.push(generator);
      const buffer = this.stages.schedule.generators[i];
      if (!buffer) return;
      const { key, stream, position } = generator.state();
      const words = [...key, ...stream, position % 2 ** 32, Math.floor(position / 2 ** 32)];
      (this.view(buffer) as Int32Array).set(words.map((word) => word | 0));
    });
    this.checkSources(sources);
    return sources;
  }

  /** What the function takes as its argument and what it closes over are drawn from separately. */
  private checkSources(sources: readonly Generator[]): void {
    const moving = this.trace.generators.flatMap(({ source }, i) =>
      source.kind === "outside" || source.kind === "argument" ? [sources[i]] : [],
    );
    if (new Set(moving).size === moving.length) return;
    throw new CompileError(
      "compile: one random source is an argument of the function, and it closes over the same one; let it draw from one of them only, " +
        "or give a fork()",
    );
  }

  /** The tensors that the program assigns to have their new values, which stay here until somebody reads them. */
  private settle(): void {
    this.trace.assignments.forEach(({ tensor }, i) => {
      const resident = this.residents[i] as Resident;
      const values = tensor.rank === 0 ? resident.read() : asValues(resident);
      tensor.settle(values);
      this.versions[this.assigned[i] as number] = tensor.version;
    });
  }
}

/** The values of a tensor, to compute with as an op reads them: what comes of it says itself that it has no gradient. */
function write(view: TypedArray, tensor: Tensor): void {
  const { values } = tensor;
  if (typeof values === "number") view[0] = values;
  else if (deferredIn(values) === null && values.length === view.length) view.set(values);
  else writeFetched(view, tensor);
}

function writeFetched(view: TypedArray, tensor: Tensor): void {
  const values = withReads(null, () => (tensor.rank === 0 ? tensor.item() : tensor.array));
  if (typeof values === "number") view[0] = values;
  else if (values !== view) view.set(values);
}

function instantiate(module: Uint8Array<ArrayBuffer>): Exports {
  const api = webAssembly();
  if (api === undefined) throw new CompileError("compile: this environment has no WebAssembly");
  try {
    return new api.Instance(new api.Module(module)).exports as Exports;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CompileError(
      `compile: this environment refuses the program (${why}): a content security policy has to allow 'wasm-unsafe-eval', and the ` +
        "memory has to suffice; or call the function without compile, which gives the same numbers",
      { cause: error },
    );
  }
}

/** The values of a graph that depend on captured tensors which gradients are wanted of. */
function linkedIn(trace: Trace): Set<Traced> {
  const linked = new Set(trace.captures.flatMap(({ tensor, traced }) => (tensor.requiresGrad ? [traced] : [])));
  if (linked.size === 0) return linked;
  for (const value of neededBy(trace)) if (value.inputs.some((input) => linked.has(input))) linked.add(value);
  return linked;
}

function generatorOf(
  source: Trace["generators"][number]["source"],
  given: readonly Generator[],
  others: readonly Generator[],
): Generator {
  switch (source.kind) {
    case "outside":
      return source.generator;
    case "argument":
      return given[source.index] as Generator;
    case "made":
      return Generator.fromState(source.state);
    case "fork":
      return (others[source.parent] as Generator).fork(source.stream);
    case "enclosing":
      throw new Error("a program is no part of another one");
    default:
      return source satisfies never;
  }
}

function copyOf(
  view: TypedArray,
  { shape, dtype }: { readonly shape: Buffer["shape"]; readonly dtype: DType },
): Values {
  if (shape.length === 0) return view[0] as number;
  const copy = allocate(dtype, view.length);
  copy.set(view);
  return copy;
}

/** The values of a tensor that lie in the memory of a program. */
class Resident extends Deferred {
  private readonly view: TypedArray;
  private readonly buffer: Buffer;

  constructor(view: TypedArray, buffer: Buffer) {
    super();
    this.view = view;
    this.buffer = buffer;
  }

  override read(): Values {
    return copyOf(this.view, this.buffer);
  }
}
