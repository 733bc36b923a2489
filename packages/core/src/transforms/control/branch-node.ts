import { isFloat } from "../../dtype.js";
import { CompileError } from "../../errors.js";
import type { Tensor } from "../../graph/tensor.js";
import { type Block, checkRedrawn, traceBlock } from "../../trace/block.js";
import { type GeneratorUse, movedBy, replayed } from "../../trace/positions.js";
import { zerosLike } from "../arguments.js";
import { type Again, again } from "./again.js";
import { BlockNode, partOf } from "./block-node.js";
import { type Flat, onEdges, pulled, wantedOnce } from "./pull.js";

/** A choice among functions of the same operands, which give the same forms. */
export interface Choice {
  /** What errors call it. */
  readonly op: string;
  /** An int32 scalar: which of the functions runs. */
  readonly index: Tensor;
  readonly branches: readonly Flat[];
  readonly operands: readonly Tensor[];
}

/**
 * The choice as one node of the function that is traced: each branch is traced once.
 *
 * @param again what others drew, which these branches draw again
 */
export function tracedBranch(choice: Choice, again: readonly GeneratorUse[] | null = null): readonly Tensor[] {
  const { op, index, branches, operands } = choice;
  const blocks: Block[] = [];
  for (const branch of branches) {
    const trace = () => traceBlock(op, operands, (...given) => onEdges(given, branch).results);
    // All begin to draw in the same place.
    blocks.push(blocks.length === 0 ? trace() : replayed({ draws: blocks.flatMap((block) => block.draws) }, 0, trace));
  }
  checkDraws(op, blocks);
  const whole = new Branch(choice, blocks).apply(index, ...operands, ...blocks.flatMap((block) => block.operands));
  if (again === null) movedBy(blocks[0] as Block, 1);
  else for (const use of blocks.flatMap(({ draws }) => draws)) checkRedrawn(op, again, use);
  return (blocks[0] as Block).trace.outputs.map((form, i) => partOf(whole, i, form));
}

/** Which branch runs is not known: what it draws is to be known all the same. */
function checkDraws(op: string, blocks: readonly Block[]): void {
  const forms = blocks.map(({ draws }) => new Map(draws.map(({ generator, blocks: count }) => [generator, count])));
  const first = forms[0] ?? new Map<object, number>();
  for (const other of forms) {
    if (other.size === first.size && [...other].every(([generator, count]) => first.get(generator) === count)) continue;
    throw new CompileError(
      `${op}: the branches draw different numbers of values from a random source, and which one runs is not known when the function is ` +
        "compiled; draw outside, or from random.fork(1) in each branch",
    );
  }
}

/**
 * A choice whose branches were traced, each once. The inputs are the number of the branch that runs, the operands of all branches, and
 * what each closes over; the parts are the results.
 */
export class Branch extends BlockNode {
  override readonly name = "Branch";
  readonly operands: number;
  readonly blocks: readonly Block[];
  readonly op: string;
  readonly branches: readonly Flat[];

  constructor({ op, branches, operands }: Choice, blocks: readonly Block[]) {
    super();
    this.op = op;
    this.branches = branches;
    this.operands = operands.length;
    this.blocks = blocks;
  }

  override withBlocks(blocks: readonly Block[]): Branch {
    return this.withLess({ blocks });
  }

  /** The same choice with other branches, and perhaps fewer operands. */
  withLess(less: Partial<Pick<Branch, "blocks" | "operands">>): Branch {
    return Object.assign(this.again(), less);
  }

  override attributes() {
    return { branches: this.blocks.length };
  }

  /** Branch number `b`, to be run again. */
  branchAgain(b: number): Again {
    return again(this.op, this.blocks[b] as Block, this.branches[b] as Flat);
  }

  /** A choice of the same number: each branch pulls back through its own. */
  override backwardOfParts(douts: readonly (Tensor | undefined)[]): readonly (Tensor | null)[] {
    const { inputs, operands: count, blocks } = this;
    const index = inputs[0] as Tensor;
    const operands = inputs.slice(1, 1 + count);
    const captured = inputs.slice(1 + count);
    const wanted = operands.flatMap(({ dtype, requiresGrad }, i) => (requiresGrad && isFloat(dtype) ? [i] : []));
    const ends = blocks.map((_, b) => blocks.slice(0, b + 1).reduce((sum, block) => sum + block.operands.length, 0));
    const wantedCaptured = ends.flatMap((end, b) => {
      const start = end - (blocks[b] as Block).operands.length;
      const isWanted = wantedOnce(captured.slice(start, end));
      return captured.flatMap((_, i) => (i >= start && i < end && isWanted(i - start) ? [i] : []));
    });
    const branches = this.branches.map((_, b): Flat => {
      const start = b === 0 ? 0 : (ends[b - 1] as number);
      const again = this.branchAgain(b);
      const own = captured.slice(start, ends[b]);
      const branch: Flat = (given) => again(given, own);
      return (given) => {
        const isOwn = (i: number) => i < (ends[b] as number) && i >= (b === 0 ? 0 : (ends[b - 1] as number));
        const own = wantedCaptured.filter(isOwn);
        let next = count;
        const seeds = douts.map((dout) => (dout === undefined ? undefined : given[next++]));
        const gradients = pulled(
          branch,
          given.slice(0, count),
          seeds,
          own.map((i) => captured[i] as Tensor),
        );
        return [
          ...wanted.map((i) => gradients.given[i] as Tensor),
          ...wantedCaptured.map((i) => {
            const made = isOwn(i) ? gradients.captured[own.indexOf(i)] : undefined;
            return made ?? zerosLike(captured[i] as Tensor);
          }),
        ];
      };
    });
    const given = [...operands, ...douts.filter((dout) => dout !== undefined)];
    const draws = blocks.flatMap((block) => block.draws);
    const results = replayed({ draws }, 0, () =>
      tracedBranch({ op: this.op, index, branches, operands: given }, draws),
    );
    const gradients = new Array<Tensor | null>(inputs.length).fill(null);
    [...wanted.map((i) => 1 + i), ...wantedCaptured.map((i) => 1 + count + i)].forEach((i, k) => {
      gradients[i] = results[k] as Tensor;
    });
    return gradients;
  }
}
