import type { TypedArray } from "../dtype.js";
import { CompileError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { tracer } from "../graph/tracer.js";
import type { Generator } from "../random/generator.js";
import type { Placed } from "../trace/trace.js";
import { mapStructure } from "../transforms/structure.js";
import { checkApart, targetsOf } from "./into.js";
import { type Stage, showStage } from "./print.js";
import type { Executable } from "./run/executable.js";

const noTensors: readonly Tensor[] = [];
const noGenerators: readonly Generator[] = [];

/** A compiled function for arguments of certain shapes and dtypes. */
export class Program<R> {
  /**
   * The memory of the arguments that are tensors, in order: what is written here is what `run` finds. The
   * arrays stay the same as long as the program lives.
   */
  readonly inputs: readonly TypedArray[];
  /**
   * The memory of the tensors of the result, in order: what `execute` leaves there, until the next run. Read it, or
   * copy it; the arrays stay the same as long as the program lives.
   */
  readonly outputs: readonly TypedArray[];
  /** @internal */
  readonly executable: Executable;
  private readonly result: unknown;
  private readonly generatorCount: number;

  /**
   * @param result what the function gave, with placeholders for its tensors
   * @param generatorCount of the arguments
   * @internal
   */
  constructor(executable: Executable, result: unknown, generatorCount: number) {
    this.executable = executable;
    this.inputs = executable.inputs;
    this.outputs = executable.outputs;
    this.result = result;
    this.generatorCount = generatorCount;
  }

  /**
   * Runs the program on what is in its memory, and leaves the results there: see `inputs` and `outputs`. Nothing is
   * copied.
   *
   * @param random the sources among the arguments, in order
   * @throws CompileError for another number of them than the function was given, and in a function that is being compiled
   */
  execute(...random: readonly { readonly generator: Generator }[]): void {
    if (tracer() !== null) {
      throw new CompileError(
        "compile: a program runs at once, also in a function that is being compiled, where its results would stay what they are now; " +
          "call the compiled function itself there",
      );
    }
    if (random.length !== this.generatorCount) {
      throw new CompileError(
        `compile: the program takes ${this.generatorCount} random sources, those among the arguments of the function, ` +
          `got ${random.length}`,
      );
    }
    this.executable.run(noTensors, random.length === 0 ? noGenerators : random.map(({ generator }) => generator));
  }

  /** Runs the program on what is in its memory, as `execute`; the results are copied into tensors of their own. */
  run(...random: readonly { readonly generator: Generator }[]): R {
    this.execute(...random);
    return this.collect(false);
  }

  /** @internal */
  call({ tensors, generators }: Placed): R {
    this.executable.run(tensors, generators);
    return this.collect(tensors.some((tensor) => tensor.requiresGrad));
  }

  /** @internal */
  callInto(out: unknown, { tensors, generators }: Placed): void {
    const targets = targetsOf(this.result, out);
    const { executable } = this;
    checkApart(targets, tensors, executable.captures, executable.memory);
    executable.run(tensors, generators);
    executable.writeInto(targets);
  }

  /** The result of the function, with the tensors of this run. */
  private collect(isLinked: boolean): R {
    const results = this.executable.results(isLinked);
    if (this.result instanceof Tensor) return results[0] as R;
    let next = 0;
    return mapStructure(this.result, (x) => (x instanceof Tensor ? results[next++] : x)) as R;
  }

  /** @internal */
  release(): void {
    this.executable.release();
  }

  /**
   * A stage of the compilation as text: "graph" (as it was traced), "simplified", "kernels", "memory" (the plan, with
   * and without reuse), "module" (sizes and times); all of them by default.
   */
  print(stage?: Stage): string {
    return showStage(this.executable, stage);
  }

  /** The module's bytes, to be looked at with other tools. */
  get module(): Uint8Array {
    return this.executable.stages.module;
  }

  /** Milliseconds that tracing, compiling and instantiating took. */
  get times(): { readonly trace: number; readonly compile: number; readonly instantiate: number } {
    const { stages, instantiateTime } = this.executable;
    return { ...stages.times, instantiate: instantiateTime };
  }

  /** The bytes of memory that the program has, and that it would have without reuse. */
  get memory(): { readonly bytes: number; readonly bytesWithoutReuse: number } {
    const { bytes, bytesWithoutReuse } = this.executable.stages.plan;
    return { bytes, bytesWithoutReuse };
  }
}
