import { checkNoMore, checkOptions, fromArray, type Tensor } from "@chainrule/core";
import { checkFloatDType, isRecord } from "../checks.js";
import {
  type CsvOptions,
  CsvReader,
  type CsvRecord,
  type CsvSettings,
  columnsOf,
  csvSettings,
  parseCsv,
} from "../data/csv.js";
import { type CsvTable, classesOf, numberOf, placeOf } from "../data/csv-table.js";
import { checkText, DataError } from "../data/errors.js";
import { grouped } from "../data/row-stream.js";
import type { FloatDType } from "../initializers/initializer.js";
import { readBytes } from "./files.js";
import { chunksOf } from "./stream.js";
import { checkStreaming, type StreamOptions, streamNames } from "./streaming.js";

/**
 * Reads a file of comma-separated values, as `parseCsv` does; as UTF-8.
 *
 * @example
 * writeFileAtomically("points.csv", "x,y\n1,2\n3,4\n");
 * readCsv("points.csv").numbers(["x", "y"]).toArray(); // [[1, 2], [3, 4]]
 *
 * @throws DataError, with the name of the file, when it cannot be read or is not what it should be.
 */
export function readCsv(path: string, options: CsvOptions = {}, ...none: []): CsvTable {
  checkNoMore("readCsv", none);
  checkText("readCsv", "the path of a file", path);
  const settings = csvSettings("readCsv", options, path);
  return parseCsv(decoded(path, new TextDecoder("utf-8", { fatal: true }), readBytes(path)), settings);
}

/** A text of the bytes, or with more to come, of those that make whole characters. */
function decoded(path: string, decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, stream = false): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (cause) {
    throw new DataError(`${path}: is no text in UTF-8`, { cause });
  }
}

/** What is made of columns: a tensor [N] of one, [N, columns] of a list, int32 labels [N] of one with the names of its classes. */
export type CsvColumns = string | readonly string[] | { readonly column: string; readonly classes: readonly string[] };

export interface CsvBatchesOptions extends StreamOptions, CsvOptions {
  /** The dtype of numbers; float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/**
 * The batches of a file of comma-separated values (gzipped or not), which is read anew in each epoch and never held as a whole.
 * `readCsv` is for one that fits in memory.
 *
 * @param columns by name what each batch has, such as { x: ["height", "width"], t: { column: "kind", classes: ["fern", "oak"] } }
 * @returns the batches of an epoch, records of tensors by the same names; see `BatchSource`
 *
 * @example
 * writeFileAtomically("points.csv", "x,y\n1,2\n3,4\n5,6\n");
 * const epoch = csvBatches("points.csv", { x: ["x"] }, { batchSize: 2 });
 * const sizes = [];
 * for await (const { x } of epoch(0)) sizes.push(x.shape[0]);
 * sizes; // [2, 1]
 *
 * @throws DataError, with the name of the file, line and column, from the batches: for a file that cannot be read or is not what it
 * should be, a column that is not there, a field that is no number or none of the classes.
 */
export function csvBatches<C extends Readonly<Record<string, CsvColumns>>>(
  path: string,
  columns: C,
  options: CsvBatchesOptions,
  ...none: []
): (epoch: number) => AsyncIterable<CsvBatch<C>> {
  const op = "csvBatches";
  checkNoMore(op, none);
  checkText(op, "the path of a file", path);
  checkOptions(op, options, [...streamNames, "header", "separator", "name", "dtype"], ["header"]);
  const { header, separator, name, dtype = "float64" } = options ?? {};
  const settings = csvSettings(op, { header, separator, name }, path);
  const { batchSize, order } = checkStreaming(op, options);
  checkFloatDType(op, dtype);
  if (!isRecord(columns) || Object.keys(columns).length === 0)
    throw new DataError(`${op}: columns are given by name, as in { x: ["height", "width"], t: "weight" }`);
  return async function* (epoch) {
    for await (const rows of grouped(order(rowsOf(path, settings, columns), epoch), batchSize)) {
      const made = Object.entries(columns).map(([name, from], column) => [name, joined(rows, column, from, dtype)]);
      yield Object.fromEntries(made) as CsvBatch<C>;
    }
  };
}

/** What the rows have for one of the names, as a tensor. */
function joined(rows: readonly number[][][], column: number, from: CsvColumns, dtype: FloatDType): Tensor {
  const isList = Array.isArray(from);
  const width = isList ? (from as readonly string[]).length : 1;
  const isNumbers = isList || typeof from === "string";
  const values = new (isNumbers ? Float64Array : Int32Array)(rows.length * width);
  let at = 0;
  for (const row of rows) for (const value of row[column] as number[]) values[at++] = value;
  return fromArray(values, isList ? [rows.length, width] : [rows.length], { dtype: isNumbers ? dtype : "int32" });
}

/** The tensors of a batch by name. */
export type CsvBatch<C> = { readonly [K in keyof C]: CsvTensor<C[K]> };

/** The tensor that is made of columns. */
export type CsvTensor<C> = C extends readonly string[] ? Tensor<[number, number]> : Tensor<[number]>;

/** The numbers of each record, for each of the names. */
async function* rowsOf(path: string, settings: CsvSettings, columns: Readonly<Record<string, CsvColumns>>) {
  let pick: ((record: CsvRecord) => number[][]) | undefined;
  for await (const records of recordsOf(path, settings)) {
    const [first] = records;
    if (first === undefined) continue;
    const isFirst = pick === undefined;
    pick ??= pickOf(settings.name, columnsOf(settings.name, settings.header, first), columns);
    yield (isFirst && settings.header ? records.slice(1) : records).map(pick);
  }
  if (pick === undefined) throw new DataError(`${settings.name}: no records: it is empty`);
}

async function* recordsOf(path: string, settings: CsvSettings): AsyncGenerator<readonly CsvRecord[]> {
  const reader = new CsvReader(settings);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const piece of chunksOf(path)) yield reader.push(decoded(path, decoder, piece, true));
  yield reader.push(decoded(path, decoder, new Uint8Array(0)));
  yield reader.end();
}

function pickOf(name: string, known: readonly string[], columns: Readonly<Record<string, CsvColumns>>) {
  const picks = Object.values(columns).map((from): ((record: CsvRecord) => number[]) => {
    if (typeof from === "object" && !Array.isArray(from)) {
      const { column, classes } = from as Exclude<CsvColumns, string | readonly string[]>;
      const at = placeOf(name, known, column);
      const classOf = classesOf(name, column, classes);
      return (record) => [classOf(record, at)];
    }
    const names = typeof from === "string" ? [from] : (from as readonly string[]);
    const places = names.map((column) => placeOf(name, known, column));
    return (record) => places.map((at, i) => numberOf(name, names[i] as string, record, at));
  });
  return (record: CsvRecord) => picks.map((pick) => pick(record));
}
