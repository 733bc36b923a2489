import { allocate, type DType, isFloat, type TypedArray, type Values, viewOf } from "../../dtype.js";
import { CompileError } from "../../errors.js";
import type { Node } from "../../graph/node.js";
import { withReads } from "../../graph/reads.js";
import { isRecording } from "../../graph/recording.js";
import { Tensor } from "../../graph/tensor.js";
import { asValues, Deferred } from "../../graph/tracer.js";
import { Generator } from "../../random/generator.js";
import { gradientLeft, type Trace, valueChanged } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { webAssembly } from "../../wasm/features.js";
import { orderOf, resultsOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import { isCheck, writesOf } from "../ir/kernel.js";
import { programObserver, type RunObserver } from "./observer.js";
import { CompiledResult } from "./result.js";
import type { Stages } from "./stages.js";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly run: () => number;
}

const compiledResult = new CompiledResult();

/** A compiled function for arguments of certain shapes and dtypes, with a memory of its own. */
export class Executable {
  readonly stages: Stages;
  /** How long the engine's own compilation took, in milliseconds. */
  readonly instantiateTime: number;
  private readonly trace: Trace;
  private readonly exports: Exports;
  private readonly views = new Map<Buffer, TypedArray>();
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
    this.instantiateTime = performance.now() - start;
    this.observer = programObserver()?.({ ...stages, memory: this.exports.memory.buffer }) ?? null;
    this.stages = stages;
    this.trace = simplified;
    const places = new Map(simplified.captures.map(({ tensor }, i) => [tensor, i]));
    this.assigned = simplified.assignments.map(({ tensor }) => places.get(tensor) as number);
    this.linked = linkedIn(simplified);
    const left = new Set(schedule.gradients.map((buffer) => buffer && plan.addresses.get(buffer)));
    const beforeChecks = schedule.kernels.slice(0, schedule.kernels.findLastIndex(isCheck) + 1);
    this.failsLate = beforeChecks.flatMap(writesOf).some((buffer) => left.has(plan.addresses.get(buffer)));
    this.versions = schedule.captures.map(() => -1);
    this.residents = schedule.assigned.map((buffer) => new Resident(this.view(buffer), buffer));
  }

  /** The memory of the arguments that are tensors, in order: what is written here is what a run without them finds. */
  get inputs(): readonly TypedArray[] {
    return this.stages.schedule.inputs.map((buffer) => this.view(buffer));
  }

  /** The memory of the results, in order, until the next run. */
  get outputs(): readonly TypedArray[] {
    return this.stages.schedule.outputs.map((buffer) => this.view(buffer));
  }

  /**
   * The results of the last run, in arrays of their own.
   *
   * @param isLinked whether gradients are wanted of an argument
   */
  results(isLinked: boolean): readonly Tensor[] {
    return this.stages.schedule.outputs.map((buffer, i) => {
      const linked =
        isRecording() && isFloat(buffer.dtype) && (isLinked || this.linked.has(this.trace.outputs[i] as Traced));
      return this.read(buffer, linked ? compiledResult : null);
    });
  }

  /**
   * Runs the program once.
   *
   * @param tensors the arguments; without them those that are in the memory
   */
  run(tensors: readonly Tensor[] | null, generators: readonly Generator[]): void {
    const { trace } = this;
    const { inputs, gradients, failures } = this.stages.schedule;
    if (this.failsLate) for (const { tensor } of trace.gradients) void tensor.grad;
    for (const { tensor, version } of trace.reads) if (tensor.version !== version) throw valueChanged(tensor);
    for (const tensor of trace.withoutGradient) if (tensor.gradient !== null) throw gradientLeft(tensor);
    for (const [i, tensor] of (tensors ?? []).entries()) this.write(inputs[i] as Buffer, tensor);
    this.writeCaptures();
    const sources = this.writeGenerators(generators);
    this.checkSources(sources);
    const seen = this.observer?.() ?? null;
    const code = this.exports.run();
    seen?.(code);
    const failure = failures[code - 1];
    if (failure !== undefined) throw failure.error(this.view(failure.buffer) as Int32Array);
    trace.generators.forEach(({ source, blocks }, i) => {
      const generator = sources[i] as Generator;
      if (source.kind === "outside" || source.kind === "argument") generator.moveTo(generator.position + blocks);
    });
    this.settle();
    trace.gradients.forEach(({ tensor }, i) => {
      const buffer = gradients[i] as Buffer | null;
      tensor.gradient = buffer === null ? null : { isDeferred: true, read: () => this.read(buffer) };
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
      view = viewOf(buffer.dtype, this.exports.memory.buffer, address, buffer.size);
      this.views.set(buffer, view);
    }
    return view;
  }

  private write(buffer: Buffer, tensor: Tensor): void {
    const view = this.view(buffer);
    // To compute with, as an op reads: what comes of it says itself that it has no gradient.
    const values = withReads(null, () => (tensor.rank === 0 ? tensor.item() : tensor.array));
    if (typeof values === "number") view[0] = values;
    else if (values !== view) view.set(values);
  }

  private read(buffer: Buffer, node: Node | null = null): Tensor {
    return new Tensor(buffer.shape, buffer.dtype, copyOf(this.view(buffer), buffer), node, false);
  }

  private writeCaptures(): void {
    const { captures } = this.stages.schedule;
    this.trace.captures.forEach(({ tensor }, i) => {
      if (this.versions[i] === tensor.version) return;
      this.write(captures[i] as Buffer, tensor);
      this.versions[i] = tensor.version;
    });
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
  for (const value of orderOf(resultsOf(trace))) if (value.inputs.some((input) => linked.has(input))) linked.add(value);
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
