import type { Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { zerosOf } from "../arguments.js";
import { overAll } from "../control/again.js";
import { type Branch, tracedBranch } from "../control/branch-node.js";
import { readNow } from "../control/cond.js";
import { type Batched, expanded } from "./batched.js";
import { flagsOf } from "./flags.js";
import { chosen, standIn } from "./masks.js";
import { type Program, traceElement, wantedOf } from "./record.js";
import type { Run } from "./run.js";

/** A choice for a batch: one branch runs where all elements take it; else each, for those that do. */
export function batchedBranch(node: Branch, inputs: readonly Batched[], run: Run): readonly Batched[] {
  const [index, ...others] = inputs as readonly [Batched, ...Batched[]];
  const operands = others.slice(0, node.operands);
  let behind = node.operands;
  const choices = node.blocks.map((block, b): Choice => {
    const closedOver = others.slice(behind, behind + block.operands.length);
    behind += block.operands.length;
    const f = overAll(node.operands, node.branchAgain(b));
    const given = [...operands, ...closedOver];
    return { program: traceElement(node.op, given, f, run, wantedOf(inputs)), given };
  });
  if (index.isBatched) return eachForItsOwn(node, index.tensor, choices, run);
  const flags = choices.map(({ program, given }) =>
    flagsOf(
      program,
      given.map(({ isBatched }) => isBatched),
    ),
  );
  const isBatched = (flags[0] as boolean[]).map((_, i) => flags.some((own) => own[i] === true));
  const branches = choices.map(
    ({ program, given }) =>
      () =>
        run
          .replay(program, given)
          .map((result, i) => (isBatched[i] === true ? expanded(result, run.size) : result.tensor)),
  );
  const results =
    tracer() === null
      ? (branches[readNow(index.tensor)] as () => Tensor[])()
      : tracedBranch({ op: node.op, index: index.tensor, branches, operands: [] });
  return results.map((tensor, i) => ({ tensor, isBatched: isBatched[i] === true }));
}

/** A branch, and what it is given, that which it closes over among it. */
interface Choice {
  readonly program: Program;
  readonly given: readonly Batched[];
}

/** Every branch that some element takes runs, with stand-ins for those that do not take it. */
function eachForItsOwn(node: Branch, index: Tensor, choices: readonly Choice[], run: Run): readonly Batched[] {
  const { outputs } = (choices[0] as Choice).program.block.trace;
  const zeros = () => outputs.map(({ shape, dtype }) => zerosOf([run.size, ...shape], dtype));
  const results = choices.reduce<readonly Tensor[]>((others, { program, given }, b) => {
    if (run.size === 0) return others;
    const mask = index.equal(index.constant(b));
    const own = () => {
      const safe = (list: readonly Batched[]) => list.map((each) => standIn(each, mask));
      const made = run.replay({ ...program, operands: safe(program.operands) }, safe(given));
      return made.map((result) => expanded(result, run.size));
    };
    const made = whereAny(node.op, mask, own, zeros);
    return b === 0 ? made : made.map((result, i) => chosen(mask, result, others[i] as Tensor));
  }, zeros());
  return results.map((tensor) => ({ tensor, isBatched: true }));
}

/** `f()` where the mask holds anywhere. */
function whereAny(op: string, mask: Tensor, f: () => Tensor[], otherwise: () => Tensor[]): readonly Tensor[] {
  const any = mask.any();
  if (tracer() === null) return readNow(any) === 0 ? otherwise() : f();
  return tracedBranch({ op, index: any.logicalNot().cast("int32"), branches: [f, otherwise], operands: [] });
}
