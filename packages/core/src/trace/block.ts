import type { Values } from "../dtype.js";
import { CompileError } from "../errors.js";
import type { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { deferredIn, tracer, withTracer } from "../graph/tracer.js";
import { Generator } from "../random/generator.js";
import { formatShape } from "../shape/shape.js";
import { type GeneratorUse, homeOf, positionOf, scopesAway } from "./positions.js";
import { type Form, type KnownGenerator, Recorder, type Trace } from "./trace.js";
import { Traced } from "./traced.js";

/** A function that a traced one runs as a whole, such as a step of a loop: a trace of its own, made once. */
export interface Block {
  /** Its inputs are those of the function, then the operands. */
  readonly trace: Trace;
  /** The tensors that the function closes over. */
  readonly operands: readonly Tensor[];
  /** How it ran when it was traced; `null` where nobody is going to run it again. */
  readonly made: BlockRun | null;
  /** The generators from outside that it draws from, where they stood, and by how much a run moves them on. */
  readonly draws: readonly GeneratorUse[];
}

/** What a function was given and gave, with the graph of its run; and which values are of this run. */
export interface BlockRun {
  readonly given: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly owns: (value: Traced) => boolean;
  /** Whether hooks were added to what it made, which its edges do not have any more. */
  readonly isHooked: boolean;
}

/**
 * Traces `f` on placeholders: as a part of the function that is traced now, or by itself where none is. What it closes over become
 * operands of the block.
 *
 * @param op what errors call it
 * @param again of what draws numbers that its runs draw again, the last run's first: those runs
 */
export function traceBlock(
  op: string,
  given: readonly Form[],
  f: (...placeholders: readonly Tensor[]) => readonly Tensor[],
  again: readonly GeneratorUse[] = [],
): Block {
  const current = tracer();
  const recorder = new BlockRecorder(op, given, current instanceof Recorder ? current : null, again);
  return recorder.block(f);
}

export class BlockRecorder extends Recorder {
  protected readonly op: string;
  protected readonly parent: Recorder | null;
  private readonly again: readonly GeneratorUse[];
  protected readonly operands = new Map<Tensor, Traced>();
  /** Where the generators stood when a run began. */
  private readonly begins = new Map<Generator, number>();
  private scopes = 0;
  private isHooked = false;
  /** What stands for the generators that draw again what was drawn before a run began. */
  private readonly earlier = new Map<Generator, Generator>();

  constructor(op: string, given: readonly Form[], parent: Recorder | null, again: readonly GeneratorUse[]) {
    super({ tensors: given, generators: [] }, parent?.shares ?? false);
    this.op = op;
    this.parent = parent;
    this.again = again;
  }

  block(f: (...placeholders: readonly Tensor[]) => readonly Tensor[]): Block {
    const moved = new Map<Generator, number>();
    this.scopes = scopesAway();
    let given: readonly Tensor[] = [];
    let results: readonly Tensor[] = [];
    const trace = this.run(({ tensors }) => {
      given = tensors;
      results = f(...tensors);
      // Before they are put back where they stood.
      for (const [generator, begin] of this.begins)
        moved.set(generator, this.blocksOf(generator, positionOf(generator) - begin));
      return results;
    });
    const blocksOf = (generator: Generator) => moved.get(generator) as number;
    const draws = [...this.generators].flatMap(([generator, { index }]) =>
      this.isTheSame(generator)
        ? []
        : [{ index, generator, begin: this.begins.get(generator) as number, blocks: blocksOf(generator) }],
    );
    return {
      trace: {
        ...trace,
        generators: [...this.generators].map(([generator, { source }]) => ({
          source,
          // One that each run makes anew begins where it began.
          blocks: this.isTheSame(generator) ? 0 : blocksOf(generator),
        })),
      },
      operands: [...this.operands.keys()],
      made: { given, results, owns: (value) => this.owns(value), isHooked: this.isHooked },
      draws,
    };
  }

  /** By how much a run moves on a generator from which it drew so much: back over what it draws again. */
  private blocksOf(generator: Generator, drawn: number): number {
    const older = this.again.find((use) => use.generator === generator);
    if (older === undefined) return drawn;
    checkRedrawn(this.op, [older], { generator, blocks: drawn });
    return -older.blocks;
  }

  /** Whether each run draws the same numbers from it. */
  private isTheSame(generator: Generator): boolean {
    return this.made.has(generator) || !this.begins.has(generator);
  }

  /** A generator where it stood before a run of this began, as where a gradient is pulled back through an older loop: each run finds it there. */
  private beforeRun(generator: Generator, parent: Recorder): KnownGenerator {
    const standIn = this.earlier.get(generator) ?? Generator.fromState(withTracer(null, () => generator.state()));
    this.earlier.set(generator, standIn);
    const known = this.generators.get(standIn);
    if (known !== undefined) return known;
    const { index, start } = parent.generatorOf(generator);
    const begin = positionOf(generator);
    return this.addGenerator(standIn, { kind: "enclosing", index, start: begin - start }, begin);
  }

  /** What a node with a backward of its own takes is not all in its values: its gradient may read the rest. */
  override madeBy(node: Node, result: Tensor, inputs: readonly Tensor[]): Values {
    for (const input of inputs) if (input.requiresGrad) this.tracedOf(input);
    return super.madeBy(node, result, inputs);
  }

  override ownerOf(tensor: Tensor): Recorder | null {
    return super.ownerOf(tensor) ?? this.parent?.ownerOf(tensor) ?? null;
  }

  override closedOver(value: Traced): Tensor | null {
    for (const [tensor, own] of this.operands) if (own === value) return tensor;
    return super.closedOver(value);
  }

  protected override outside(tensor: Tensor): Traced {
    const known = this.operands.get(tensor);
    if (known !== undefined) return known;
    if (this.parent === null && deferredIn(tensor.values) instanceof Traced) return super.outside(tensor);
    // What nobody knows is an error there.
    const outer = this.parent?.tracedOf(tensor);
    // A number that gradients are wanted of is an operand as any other.
    if (outer?.source.kind === "literal" && !tensor.requiresGrad)
      return deferredIn(this.literal(outer.source.value, outer.dtype)) as Traced;
    const made = this.input(tensor.shape, tensor.dtype);
    this.operands.set(tensor, made);
    return made;
  }

  override get isProgram(): boolean {
    return this.parent?.isProgram ?? false;
  }

  override unknown(what: string): Error {
    return this.parent?.unknown(what) ?? super.unknown(what);
  }

  override apart(edge: Tensor): void {
    super.apart(edge);
    this.parent?.apart(edge);
    if (this.isApart && this.parent !== null) this.parent.isApart = true;
  }

  override valueRead(tensor: Tensor): void {
    if (!this.local.has(tensor)) this.parent?.valueRead(tensor);
  }

  override gradient(tensor: Tensor, use: "read" | "replace"): void {
    if (this.local.has(tensor) || this.parent === null) super.gradient(tensor, use);
    else this.parent.gradient(tensor, use);
  }

  override hooked(tensor: Tensor, remove: () => void): void {
    const isOwn = deferredIn(tensor.values) instanceof Traced && this.tracedOf(tensor) === deferredIn(tensor.values);
    if (!isOwn) {
      remove();
      throw new CompileError(
        `${this.op}: onGradient of ${nameOf(tensor)}, which is made outside: the hook would be added by each run; add it outside`,
      );
    }
    this.isHooked = true;
    super.hooked(tensor, remove);
  }

  override generatorUsed(generator: Generator, method: string): void {
    if (this.parent === null || this.made.has(generator)) super.generatorUsed(generator, method);
    else this.parent.generatorUsed(generator, method);
  }

  override generatorOf(generator: Generator): KnownGenerator {
    if (!this.begins.has(generator)) this.begins.set(generator, homeOf(generator, this.scopes));
    const isBefore = !this.made.has(generator) && positionOf(generator) < (this.begins.get(generator) as number);
    if (isBefore && this.parent !== null) return this.beforeRun(generator, this.parent);
    const known = this.generators.get(generator);
    if (known !== undefined) return known;
    const { parent } = this;
    if (parent === null) return super.generatorOf(generator);
    const made = this.made.get(generator);
    if (made !== undefined) {
      // The same numbers in each run, as if it were made once, outside.
      if (made.parent !== null) this.generatorOf(made.parent);
      parent.generatorMade(generator, made.parent, made.stream);
    }
    const { index, start } = parent.generatorOf(generator);
    const begin = made === undefined ? positionOf(generator) : start;
    return this.addGenerator(generator, { kind: "enclosing", index, start: begin - start }, begin);
  }
}

/**
 * That a gradient draws what was drawn for it before, and nothing else from the same generator: these numbers would be those of the next
 * steps and calls.
 */
export function checkRedrawn(
  op: string,
  again: readonly GeneratorUse[],
  { generator, blocks }: Pick<GeneratorUse, "generator" | "blocks">,
): void {
  const older = again.find((use) => use.generator === generator);
  if (older === undefined || Math.abs(older.blocks) === blocks) return;
  throw new CompileError(
    `${op}: a gradient of its own (customGradient, customOp) draws numbers from a random source from which what is ` +
      "differentiated draws, too, and draws again for the gradient; give the gradient a source of its own",
  );
}

function nameOf({ name, shape }: Tensor): string {
  return `${name ?? "a tensor"} ${formatShape(shape)}`;
}
