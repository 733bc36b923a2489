import { checkNoMore, checkOptions, show } from "@chainrule/core";
import { CsvTable } from "./csv-table.js";
import { checkText, DataError } from "./errors.js";

export interface CsvOptions {
  /** Whether the first record has the names of the columns; else they are "0", "1" and so on. Default true. */
  readonly header?: boolean | undefined;
  /** What stands between the fields of a record: one character, a comma by default. */
  readonly separator?: string | undefined;
  /** What errors call the data, such as the name of its file; "CSV data" by default. */
  readonly name?: string | undefined;
}

/** One record, and the line of the text, counted from 1, at which it begins. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * Reads comma-separated values as RFC 4180 has them: records end with a line break (CRLF, LF or CR), fields in double quotes may
 * have separators, line breaks and doubled quotes in them, and all records have as many fields. Empty lines and a byte order mark
 * are left out; spaces belong to their fields.
 *
 * @example
 * const table = parseCsv("height,kind\n1.5,oak\n0.2,fern\n");
 * table.numbers("height").toArray(); // [1.5, 0.2]
 * table.classes("kind").names; // ["fern", "oak"]
 *
 * @throws DataError, with the line, for a record of another number of fields, a quote that does not end or stands in the
 * middle of a field, and names of columns that are there twice; without any record.
 */
export function parseCsv(text: string, options: CsvOptions = {}, ...none: []): CsvTable {
  checkNoMore("parseCsv", none);
  const settings = csvSettings("parseCsv", options);
  checkText("parseCsv", "the data", text);
  const reader = new CsvReader(settings);
  return new CsvTable(settings.name, ...tableOf(settings, [...reader.push(text), ...reader.end()]));
}

export interface CsvSettings {
  readonly header: boolean;
  readonly separator: string;
  readonly name: string;
}

export function csvSettings(op: string, options: CsvOptions, defaultName = "CSV data"): CsvSettings {
  checkOptions(op, options, ["header", "separator", "name"], ["header"]);
  const { header = true, separator = ",", name = defaultName } = options;
  checkText(op, "the name of the data", name);
  if (typeof separator !== "string" || separator.length !== 1 || /["\r\n]/.test(separator)) {
    throw new DataError(`${op}: separator ${show(separator)}: one character is needed, and no quote or line break`);
  }
  return { header, separator, name };
}

/** The names of the columns, and the records behind them. */
function tableOf(
  { header, name }: CsvSettings,
  records: readonly CsvRecord[],
): readonly [columns: readonly string[], records: readonly CsvRecord[]] {
  const [first] = records;
  if (first === undefined) throw new DataError(`${name}: no records: it is empty`);
  return [columnsOf(name, header, first), header ? records.slice(1) : records];
}

export function columnsOf(name: string, header: boolean, first: CsvRecord): readonly string[] {
  if (!header) return first.fields.map((_, i) => String(i));
  const twice = first.fields.find((column, i) => first.fields.indexOf(column) < i);
  if (twice === undefined) return first.fields;
  throw new DataError(
    `${name}: line ${first.line}: there are two columns ${show(twice)}; names differ, or give { header: false }`,
  );
}

/** The most characters of a record: what is longer has a quote that does not end, or is no text of records. */
const longest = 2 ** 22;

/** Takes a text in pieces and gives the records that are complete. */
export class CsvReader {
  private readonly settings: CsvSettings;
  private fields: string[] = [];
  private field = "";
  private place: "start" | "plain" | "quoted" | "after" = "start";
  private width: number | undefined;
  private length = 0;
  private line = 1;
  /** Where the record began. */
  private first = 1;
  private afterReturn = false;
  private isBeginning = true;
  private found: CsvRecord[] = [];

  constructor(settings: CsvSettings) {
    this.settings = settings;
  }

  push(text: string): readonly CsvRecord[] {
    let i = this.isBeginning && text.startsWith("\ufeff") ? 1 : 0;
    if (text !== "") this.isBeginning = false;
    while (i < text.length) {
      const end = this.place === "quoted" ? text.indexOf('"', i) : this.endOfPlain(text, i);
      const stop = end < 0 ? text.length : end;
      if (stop > i) this.take(text.slice(i, stop));
      if (end >= 0) this.takeMark(text.charAt(end));
      i = stop + 1;
    }
    return this.taken();
  }

  end(): readonly CsvRecord[] {
    if (this.place === "quoted") throw this.error("a quote that does not end", this.first);
    this.line++;
    this.endRecord();
    return this.taken();
  }

  private taken(): readonly CsvRecord[] {
    const { found } = this;
    this.found = [];
    return found;
  }

  /** Where the next separator, quote or line break stands, or -1. */
  private endOfPlain(text: string, from: number): number {
    const separator = this.settings.separator.charCodeAt(0);
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === separator || code === 34 || code === 10 || code === 13) return i;
    }
    return -1;
  }

  /** Characters of a field; line breaks are among them in quotes only. */
  private take(piece: string): void {
    if (this.place === "after") throw this.error(`${show(piece.charAt(0))} behind a quote that ends a field`);
    this.count(piece.length);
    this.field += piece;
    if (this.place !== "quoted") {
      this.place = "plain";
      this.afterReturn = false;
      return;
    }
    const breaks = piece.match(/\r\n|\r|\n/g)?.length ?? 0;
    this.line += breaks - (this.afterReturn && piece.startsWith("\n") ? 1 : 0);
    this.afterReturn = piece.endsWith("\r");
  }

  /** A quote; outside of quotes also a separator or half of a line break. */
  private takeMark(mark: string): void {
    this.count(1);
    const isSecondHalf = mark === "\n" && this.afterReturn;
    this.afterReturn = mark === "\r";
    // The first half has ended the record already.
    if (isSecondHalf) return;
    if (mark === "\r" || mark === "\n") {
      this.line++;
      this.endRecord();
    } else if (mark === this.settings.separator) this.endField();
    else if (this.place === "quoted") this.place = "after";
    else {
      if (this.place === "plain") {
        throw this.error("a quote in the middle of a field; put the field in quotes, and double it");
      }
      // A quote that is doubled stands for one.
      if (this.place === "after") this.field += mark;
      this.place = "quoted";
    }
  }

  private count(characters: number): void {
    this.length += characters;
    if (this.length <= longest) return;
    throw this.error(`a record of more than ${longest} characters; a quote may be missing`, this.first);
  }

  private endField(): void {
    this.fields.push(this.field);
    this.field = "";
    this.place = "start";
  }

  private endRecord(): void {
    const line = this.first;
    const isEmpty = this.fields.length === 0 && this.place === "start";
    if (!isEmpty) this.endField();
    const { fields } = this;
    this.fields = [];
    this.length = 0;
    this.first = this.line;
    if (isEmpty) return;
    this.width ??= fields.length;
    if (fields.length !== this.width) {
      throw this.error(`${fields.length} fields, where the first record has ${this.width}`, line);
    }
    this.found.push({ fields, line });
  }

  private error(what: string, line = this.line): DataError {
    return new DataError(`${this.settings.name}: line ${line}: ${what}`);
  }
}
