import type { BlockNode } from "../control/block-node.js";
import { Branch } from "../control/branch-node.js";
import { Call } from "../control/call-node.js";
import { Scan } from "../control/scan-node.js";
import type { Batched } from "./batched.js";
import { batchedBranch } from "./branches.js";
import { batchedCall } from "./calls.js";
import { batchedLoop } from "./loops.js";
import type { Run } from "./run.js";

/**
 * The parts of a node that runs functions, for a batch.
 *
 * @param parts the numbers of those that are used
 */
export function batchedBlock(
  node: BlockNode,
  inputs: readonly Batched[],
  run: Run,
  parts: ReadonlySet<number>,
): readonly (Batched | undefined)[] {
  if (node instanceof Scan) return batchedLoop(node, inputs, run, parts);
  if (node instanceof Branch) return batchedBranch(node, inputs, run);
  if (node instanceof Call) return batchedCall(node, inputs, run);
  throw new Error(`${node.name} has no form for a batch`);
}
