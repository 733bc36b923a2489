import { ChainruleError, type Random, show } from "@chainrule/core";
import { checkRandom } from "../checks.js";
import { checkCount } from "../data/batches.js";
import { shuffledBy } from "../data/row-stream.js";

/** How the rows of a file that is not held in memory make batches. */
export interface StreamOptions {
  /** How many rows make a batch; the last of an epoch may have fewer. */
  readonly batchSize: number;
  /** Where the order of the rows comes from, in each epoch another one; without it they come as they stand. */
  readonly random?: Random | undefined;
  /**
   * How many rows are held to be shuffled: one of them, drawn, goes into the batch, and the next of the file takes its place.
   * Default 10,000. A file whose rows are sorted by class needs one of the size of the file.
   */
  readonly shuffleBuffer?: number | undefined;
}

export const streamNames = ["batchSize", "random", "shuffleBuffer"] as const;

export function checkStreaming(op: string, options: StreamOptions) {
  const { batchSize, random, shuffleBuffer = 10_000 } = options ?? {};
  checkCount(`${op}: batchSize`, batchSize, 1);
  checkCount(`${op}: shuffleBuffer`, shuffleBuffer, 1);
  if (random !== undefined) checkRandom(op, random);
  const order = <T>(rows: AsyncIterable<readonly T[]>, epoch: number): AsyncIterable<readonly T[]> => {
    if (!Number.isSafeInteger(epoch) || epoch < 0)
      throw new ChainruleError(`${op}: epoch ${show(epoch)}: a whole number of at least 0 is needed`);
    return random === undefined ? rows : shuffledBy(rows, shuffleBuffer, random.fork(epoch));
  };
  return { batchSize, order };
}
