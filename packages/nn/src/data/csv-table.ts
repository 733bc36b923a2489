import { checkNoMore, checkOptions, fromArray, show, type Tensor } from "@chainrule/core";
import { checkFloatDType } from "../checks.js";
import type { FloatDType } from "../initializers/initializer.js";
import type { CsvRecord } from "./csv.js";
import { DataError } from "./errors.js";

export interface NumbersOptions {
  /** The dtype of the tensor; float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/** Classes as numbers. */
export interface CsvClasses {
  /** [N], int32: the place of each row's class among the names. */
  readonly labels: Tensor<[number]>;
  readonly names: readonly string[];
}

/**
 * The records of comma-separated values, as texts, until numbers or classes are made of columns of them; see `parseCsv`.
 *
 * @example
 * const table = parseCsv("height,kind\n1.5,cat\n2,dog\n");
 * table.numbers(["height"]).toArray(); // [[1.5], [2]]
 * table.classes("kind").names; // ["cat", "dog"]
 */
export class CsvTable {
  /** The names of the columns. */
  readonly columns: readonly string[];
  private readonly name: string;
  private readonly records: readonly CsvRecord[];

  constructor(name: string, columns: readonly string[], records: readonly CsvRecord[], ...none: []) {
    checkNoMore("CsvTable", none);
    this.name = name;
    this.columns = Object.freeze([...columns]);
    this.records = records;
  }

  /** The number of rows, that of the names not counted. */
  get size(): number {
    return this.records.length;
  }

  /** A column as it stands. */
  texts(column: string, ...none: []): readonly string[] {
    checkNoMore("CsvTable.texts", none);
    const at = placeOf(this.name, this.columns, column);
    return this.records.map(({ fields }) => fields[at] as string);
  }

  /**
   * One column as a tensor [N], or several side by side as [N, columns].
   *
   * @throws DataError, with line and column, for a field that is no number (an empty one, "NaN" and "1,5" are none), or a column
   * that is not there.
   */
  numbers(column: string, options?: NumbersOptions, ...none: []): Tensor<[number]>;
  numbers(columns: readonly string[], options?: NumbersOptions, ...none: []): Tensor<[number, number]>;
  numbers(columns: string | readonly string[], options: NumbersOptions = {}, ...none: []): Tensor {
    checkNoMore("CsvTable.numbers", none);
    checkOptions("CsvTable.numbers", options, ["dtype"]);
    const { dtype = "float64" } = options;
    checkFloatDType("CsvTable.numbers", dtype);
    const names = Array.isArray(columns) ? (columns as readonly string[]) : [columns as string];
    const places = names.map((column) => placeOf(this.name, this.columns, column));
    const values = new Float64Array(this.size * names.length);
    let at = 0;
    for (const record of this.records) {
      for (const [i, place] of places.entries()) values[at++] = numberOf(this.name, names[i] as string, record, place);
    }
    return fromArray(values, Array.isArray(columns) ? [this.size, names.length] : [this.size], { dtype });
  }

  /**
   * A column of texts as classes: the labels of the rows, and the names that they stand for, those given or all that are there,
   * in order of their characters.
   *
   * @throws DataError, with line and column, for a text that is none of the names that are given, or a column that is not there.
   */
  classes(column: string, names?: readonly string[], ...none: []): CsvClasses {
    checkNoMore("CsvTable.classes", none);
    const at = placeOf(this.name, this.columns, column);
    const known = names ?? [...new Set(this.texts(column))].sort();
    const classOf = classesOf(this.name, column, known);
    return {
      labels: fromArray(
        Int32Array.from(this.records, (record) => classOf(record, at)),
        [this.size],
      ),
      names: known,
    };
  }
}

export function placeOf(name: string, columns: readonly string[], column: string): number {
  const at = columns.indexOf(column);
  if (at >= 0) return at;
  throw new DataError(
    `${name}: no column ${show(column)}; there are ${columns.map((known) => show(known)).join(", ")}`,
  );
}

/** A number in decimal digits, perhaps with an exponent, and spaces around it. */
const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

export function numberOf(name: string, column: string, { fields, line }: CsvRecord, at: number): number {
  const text = fields[at] as string;
  if (decimal.test(text)) return Number(text);
  throw new DataError(`${name}: line ${line}, column ${show(column)}: ${show(text)} is no number`);
}

export function classesOf(name: string, column: string, names: readonly string[]) {
  if (!Array.isArray(names) || names.some((known) => typeof known !== "string")) {
    throw new DataError(`${name}: the classes of column ${show(column)} are texts, got ${show(names)}`);
  }
  const numbers = new Map(names.map((known, i) => [known, i]));
  return ({ fields, line }: CsvRecord, at: number): number => {
    const label = numbers.get(fields[at] as string);
    if (label !== undefined) return label;
    throw new DataError(
      `${name}: line ${line}, column ${show(column)}: ${show(fields[at])} is none of the ${names.length} classes ${show(names)}`,
    );
  };
}
