import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  fromArray,
  type Random,
  type Shape,
  show,
  type Tensor,
} from "@chainrule/core";
import { checkRandom, checkTensor, isRecord } from "../checks.js";
import { ByteRows } from "./byte-rows.js";
import { DataError } from "./errors.js";

export interface BatchSamplerOptions {
  /** Where the batches are drawn from; each takes a fork of it, so that it is not moved. */
  readonly random: Random;
  /** Whether a row may come again before all have come. Default true, as the textbook draws. */
  readonly replace?: boolean;
}

/**
 * Draws the rows of training batches. Iteration i gives the same rows whenever it is asked for, so that a run that is
 * resumed at iteration i goes on as if it had not been interrupted.
 *
 * With replacement the rows of each iteration are drawn out of all. Without, each epoch is a permutation of all rows
 * cut into batches, the last one of an epoch being shorter where the batch size does not divide the number of rows.
 *
 * @example
 * const sampler = new BatchSampler(5, 2, { random: new Random(42), replace: false });
 * sampler.iterationsPerEpoch; // 3
 * sampler.rows(2).shape; // [1]
 *
 * @throws ChainruleError for a size or a batch size that is not a whole number of at least 1.
 */
export class BatchSampler {
  readonly size: number;
  readonly batchSize: number;
  readonly replace: boolean;
  private readonly random: Random;
  /** The permutation of the epoch that was asked for last. */
  private epoch: { readonly number: number; readonly order: Int32Array } | null = null;

  constructor(size: number, batchSize: number, options: BatchSamplerOptions, ...none: []) {
    checkNoMore("BatchSampler", none);
    checkOptions("BatchSampler", options, ["random", "replace"], ["replace"]);
    const { random, replace = true } = options ?? {};
    checkRandom("BatchSampler", random);
    checkCount("BatchSampler: the number of rows", size, 1);
    checkCount("BatchSampler: the batch size", batchSize, 1);
    this.size = size;
    this.batchSize = batchSize;
    this.replace = replace;
    this.random = random;
  }

  /** The number of batches after which as many rows have come as there are. */
  get iterationsPerEpoch(): number {
    return Math.ceil(this.size / this.batchSize);
  }

  /** The rows of the batch of an iteration, counted from 0, as int32 indices. */
  rows(iteration: number, ...none: []): Tensor<[number]> {
    checkNoMore("BatchSampler.rows", none);
    checkCount("BatchSampler: the iteration", iteration, 0);
    if (this.replace) return this.random.fork(iteration).choice(this.size, this.batchSize);
    const number = Math.floor(iteration / this.iterationsPerEpoch);
    if (this.epoch?.number !== number) {
      this.epoch = { number, order: this.random.fork(number).generator.permutation(this.size) };
    }
    const start = (iteration % this.iterationsPerEpoch) * this.batchSize;
    const rows = this.epoch.order.slice(start, start + this.batchSize);
    return fromArray(rows, [rows.length]);
  }
}

/** What rows are taken of: a tensor, or bytes that become one. */
export type Rows = Tensor | ByteRows;

/** A tensor with another number of rows. */
export type WithRows<T> = T extends ByteRows<infer S> ? OtherRows<S> : T extends Tensor<infer S> ? OtherRows<S> : never;

type OtherRows<S> = S extends readonly [number, ...infer Rest extends Shape] ? Tensor<[number, ...Rest]> : Tensor;

/** The rows at the indices of each tensor of a record, such as its images and its labels. */
export type Batch<R> = { readonly [K in keyof R]: WithRows<R[K]> };

/**
 * The rows at the indices of each tensor (or `ByteRows`), the same for all.
 *
 * @param rows int32 indices, or plain numbers
 *
 * @example
 * const data = { x: tensor([[1, 2], [3, 4], [5, 6]]), t: tensor([10, 20, 30]) };
 * takeRows(data, [2, 0]).x.toArray(); // [[5, 6], [1, 2]]
 *
 * @throws DataError when the tensors have not the same number of rows; ShapeError for an index out of range.
 */
export function takeRows<R extends { readonly [K in keyof R]: Rows }>(
  data: R,
  rows: Tensor | readonly number[],
  ...none: []
): Batch<R> {
  checkNoMore("takeRows", none);
  rowsOf("takeRows", data);
  return eachOf(data, (values) => (values instanceof ByteRows ? values.take(rows) : values.take(rows as Tensor)));
}

/**
 * All rows of each tensor in order, in batches of `batchSize`, of which the last may be shorter: for evaluating on much
 * data.
 *
 * @example
 * [...batches({ x: tensor([1, 2, 3]) }, 2)].map(({ x }) => x.toArray()); // [[1, 2], [3]]
 *
 * @throws DataError when the tensors have not the same number of rows.
 */
export function* batches<R extends { readonly [K in keyof R]: Rows }>(
  data: R,
  batchSize: number,
  ...none: []
): Generator<Batch<R>> {
  checkNoMore("batches", none);
  checkCount("batches: the batch size", batchSize, 1);
  const size = rowsOf("batches", data);
  for (let start = 0; start < size; start += batchSize) {
    const ranges = [[start, Math.min(start + batchSize, size)]] as const;
    yield eachOf(data, (values) => (values instanceof ByteRows ? values.slice(ranges) : values.slice(ranges)));
  }
}

function eachOf<R extends { readonly [K in keyof R]: Rows }>(data: R, f: (values: Rows) => Tensor): Batch<R> {
  return Object.fromEntries(Object.entries<Rows>(data).map(([name, values]) => [name, f(values)])) as Batch<R>;
}

function rowsOf(op: string, data: Readonly<Record<string, Rows>>): number {
  if (!isRecord(data)) {
    throw new DataError(`${op}: takes a record of tensors, such as { images, labels }, got ${show(data)}`);
  }
  for (const [name, values] of Object.entries(data)) if (!(values instanceof ByteRows)) checkTensor(op, name, values);
  const sizes = Object.entries(data).map(([name, values]) => [name, values.shape[0]] as const);
  const [, size] = sizes[0] ?? [];
  if (size === undefined || sizes.some(([, other]) => other !== size)) {
    const found = sizes.map(([name, n]) => `${name} has ${n ?? "no axis of"}`).join(", ");
    throw new DataError(
      `${op}: the tensors must have the same number of rows: ${found === "" ? "there are none" : found}`,
    );
  }
  return size;
}

export function checkCount(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ChainruleError(`${what} is ${show(value)}; it must be a whole number of at least ${least}`);
  }
}
