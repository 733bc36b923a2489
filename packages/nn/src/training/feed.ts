import { ChainruleError, formatShape, type Random, show, type Tensor, tensorsIn } from "@chainrule/core";
import { type Batch, BatchSampler, batches, type Rows, takeRows, type WithRows } from "../data/batches.js";
import type { ByteRows } from "../data/byte-rows.js";

/** Data that lie in memory: tensors (or `ByteRows`) by name, with the same number of rows, such as `{ images, labels }`. */
export type RowData = Readonly<Record<string, Rows>>;

/**
 * Batches that are made on the way: of an epoch, counted from 0, one after the other. For data larger than memory, and for what
 * is drawn anew. A run that is resumed asks for an epoch again and leaves out the batches that it has had, so that an epoch is the
 * same each time it is asked for.
 */
export type BatchSource<B = unknown> = (epoch: number) => Iterable<B> | AsyncIterable<B>;

/** What a network is trained or evaluated on. */
export type TrainingData = RowData | BatchSource;

/** The batches of data: of a record of rows, a record of tensors. */
export type BatchOf<D> = D extends BatchSource<infer B> ? B : D extends RowData ? Batch<D> : never;

/** Rows of batches like B: of the same names, and of the same shapes but for how many rows there are. */
type RowsLike<B> = { readonly [K in keyof B]: B[K] extends Tensor ? WithRows<B[K]> | ByteRows : Rows };

/** Data whose batches are like those of D: rows in memory, or batches that are made on the way. */
export type DataLike<D> = RowsLike<BatchOf<D>> | BatchSource<BatchOf<D>>;

export interface FeedOptions {
  readonly batchSize: number;
  readonly replace: boolean;
  readonly random: Random;
}

/** Where a run stands: training steps done, epochs whose end was told, and steps since then. */
export interface Position {
  readonly iteration: number;
  readonly epoch: number;
  readonly steps: number;
}

/** The batches of a run, from a position on, without an end; `null` where an epoch ends. */
export function feed<B>(data: TrainingData, options: FeedOptions, from: Position): AsyncGenerator<B | null> {
  return typeof data === "function" ? fromSource(data as BatchSource<B>, from) : fromRows(data, options, from);
}

async function* fromRows<B>(data: RowData, options: FeedOptions, from: Position): AsyncGenerator<B | null> {
  const sampler = samplerOf(data, options);
  // The run was interrupted between the last step of an epoch and its end.
  if (from.steps === sampler.iterationsPerEpoch) yield null;
  for (let iteration = from.iteration; ; iteration++) {
    yield takeRows(data, sampler.rows(iteration)) as B;
    if ((iteration + 1) % sampler.iterationsPerEpoch === 0) yield null;
  }
}

export function samplerOf(data: RowData, { batchSize, replace, random }: FeedOptions): BatchSampler {
  const size = Object.values(data)[0]?.shape[0] ?? 0;
  return new BatchSampler(size, batchSize, { random, replace });
}

async function* fromSource<B>(source: BatchSource<B>, from: Position): AsyncGenerator<B | null> {
  let skip = from.steps;
  for (let epoch = from.epoch; ; epoch++) {
    let found = 0;
    for await (const batch of each(source, epoch)) {
      if (found++ < skip) continue;
      yield batch;
    }
    if (found === 0 || found < skip) {
      const what = found === 0 ? "no batch" : `${found} batches where ${skip} were trained on before`;
      throw new ChainruleError(`Trainer: the source of batches gave ${what} for epoch ${epoch}`);
    }
    skip = 0;
    yield null;
  }
}

/** All of the data once, for an evaluation. (B is `BatchOf` the data, here and above, which the callers know by its type.) */
export function once<B>(data: TrainingData, batchSize: number): Iterable<B> | AsyncIterable<B> {
  return typeof data === "function"
    ? each(data as BatchSource<B>, 0)
    : (batches(data, batchSize) as unknown as Iterable<B>);
}

function each<B>(source: BatchSource<B>, epoch: number): Iterable<B> | AsyncIterable<B> {
  const given: unknown = source(epoch);
  if (typeof given === "object" && given !== null && (Symbol.iterator in given || Symbol.asyncIterator in given)) {
    return given as Iterable<B>;
  }
  throw new ChainruleError(
    `Trainer: the source of batches gave ${show(given)}; it gives what can be iterated over, as a generator does`,
  );
}

/** How many rows a batch has: as many as the first tensor in it. */
export function rowsIn(batch: unknown): number {
  const [tensor] = tensorsIn(batch);
  const rows = tensor?.shape[0];
  if (rows !== undefined) return rows;
  const found = tensor === undefined ? show(batch) : `a tensor of ${formatShape(tensor.shape)} first`;
  throw new ChainruleError(`Trainer: a batch has ${found}; its tensors have rows, as in { x: [N, 784], t: [N] }`);
}
