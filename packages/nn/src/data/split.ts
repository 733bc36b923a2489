import { ChainruleError, checkNoMore, checkOptions, fromArray, type Random, show, Tensor } from "@chainrule/core";
import { checkRandom } from "../checks.js";
import { indexTensor, type PlainIndices } from "../indices.js";
import { checkCount } from "./batches.js";

export interface SplitOptions {
  /** Where the order of the rows comes from. */
  readonly random: Random;
  /** The class of each row, [N], int32 or plain numbers: each part then has its share of each class (stratified). */
  readonly labels?: Tensor | PlainIndices | undefined;
}

/**
 * The rows of each part of a data set, in random order: no row is in two parts. Give them to `takeRows`, or a `BatchSampler` of
 * each part's number of rows.
 *
 * @param size the number of rows
 * @param parts the share of each part by its name; they add up to 1
 * @returns by name the rows, int32 indices; the numbers of rows are as near to the shares as whole numbers are, with `labels` in
 * each class
 *
 * @example
 * const { train, validation } = splitRows(10, { train: 0.8, validation: 0.2 }, { random: new Random(1) });
 * [train.size, validation.size]; // [8, 2]
 *
 * @throws ChainruleError for shares that do not add up to 1, or labels that are not one a row.
 */
export function splitRows<const P extends Readonly<Record<string, number>>>(
  size: number,
  parts: P,
  options: SplitOptions,
  ...none: []
): { readonly [K in keyof P]: Tensor<[number]> } {
  const op = "splitRows";
  checkNoMore(op, none);
  checkOptions(op, options, ["random", "labels"]);
  const { random, labels } = options ?? {};
  checkCount(`${op}: the number of rows`, size, 0);
  checkRandom(op, random);
  const shares = sharesOf(op, parts);
  const order = random.generator.permutation(size);
  const rows: number[][] = shares.map(() => []);
  for (const group of labels === undefined ? [order] : byLabel(op, order, labels, size)) {
    let start = 0;
    countsOf(shares, group.length).forEach((count, part) => {
      for (let i = start; i < start + count; i++) rows[part]?.push(group[i] as number);
      start += count;
    });
  }
  // The rows of one class stand behind those of another: they are mixed once more.
  const mixed = labels === undefined ? rows : rows.map((list) => shuffled(list, random));
  const made = Object.keys(parts).map((name, i) => [
    name,
    fromArray(Int32Array.from(mixed[i] ?? []), [rows[i]?.length ?? 0]),
  ]);
  return Object.fromEntries(made) as { readonly [K in keyof P]: Tensor<[number]> };
}

function sharesOf(op: string, parts: unknown): number[] {
  const shares: unknown[] =
    typeof parts === "object" && parts !== null && !Array.isArray(parts) ? Object.values(parts) : [];
  const sum = shares.reduce<number>(
    (sum, share) => sum + (typeof share === "number" && share >= 0 ? share : Number.NaN),
    0,
  );
  if (Math.abs(sum - 1) < 1e-9) return shares as number[];
  throw new ChainruleError(
    `${op}: parts ${show(parts)}: takes shares by name that add up to 1, such as { train: 0.8, validation: 0.1, test: 0.1 }` +
      (Number.isNaN(sum) || shares.length === 0 ? "" : `; these add up to ${sum}`),
  );
}

/** Whole numbers that add up to `size`: those that lost most by rounding down get the ones that are left. */
function countsOf(shares: readonly number[], size: number): number[] {
  const exact = shares.map((share) => share * size);
  const counts = exact.map((count) => Math.floor(count + 1e-9));
  const left = size - counts.reduce((a, b) => a + b, 0);
  const lost = exact
    .map((count, i) => [count - (counts[i] as number), i] as const)
    .sort(([a, i], [b, j]) => b - a || i - j);
  for (const [, i] of lost.slice(0, left)) counts[i] = (counts[i] as number) + 1;
  return counts;
}

function byLabel(op: string, order: Int32Array, given: Tensor | PlainIndices, size: number): Iterable<number[]> {
  const labels = given instanceof Tensor ? given : indexTensor(op, "label", given, "number the classes");
  if (labels.dtype !== "int32" || labels.rank !== 1 || labels.size !== size) {
    throw new ChainruleError(
      `${op}: labels ${labels.dtype} [${labels.shape.join(", ")}] for ${size} rows: there is one of int32 a row`,
    );
  }
  const values = labels.data;
  const groups = new Map<number, number[]>();
  for (const row of order) {
    const label = values[row] as number;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  // In the order of the classes, which does not depend on the seed.
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function shuffled(list: readonly number[], random: Random): number[] {
  return Array.from(random.generator.permutation(list.length), (at) => list[at] as number);
}
