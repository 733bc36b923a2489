import { DTypeError } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CsvReader } from "../src/data/csv.js";
import { DataError, parseCsv } from "../src/index.js";
import { assertThrows } from "./support.js";

const plain = { header: false } as const;
const cells = (text: string, separator = ",") => {
  const table = parseCsv(text, { ...plain, separator });
  const columns = table.columns.map((column) => table.texts(column));
  return Array.from({ length: table.size }, (_, row) => columns.map((texts) => texts[row]));
};

const texts: readonly (readonly [name: string, text: string, rows: string[][], separator?: string])[] = [
  ["plain fields", "a,b\nc,d\n", [["a", "b"], ["c", "d"]]],
  ["no line break at the end", "a,b\nc,d", [["a", "b"], ["c", "d"]]],
  ["CRLF, CR and LF", "a,b\r\nc,d\re,f\n", [["a", "b"], ["c", "d"], ["e", "f"]]],
  ["quotes", '"a,1","b ""c"""\r\n"line\r\nbreak",""\n', [["a,1", 'b "c"'], ["line\r\nbreak", ""]]],
  ["a line break behind a quoted CR", '"a\r"\n"b"', [["a\r"], ["b"]]],
  ["empty fields", ",\n,x\n", [["", ""], ["", "x"]]],
  ["empty lines", "a\n\n\r\nb\n\n", [["a"], ["b"]]],
  ["a quoted nothing is a record", 'a\n""\n', [["a"], [""]]],
  ["spaces belong to fields", " a , b\n", [[" a ", " b"]]],
  ["a byte order mark", "\ufeffa,b\n", [["a", "b"]]],
  ["another separator", "a;1,5\tx\n", [["a", "1,5\tx"]], ";"],
  ["a tab", "a\tb,c\n", [["a", "b,c"]], "\t"],
]; // biome-ignore format: a table
for (const [name, text, rows, separator] of texts) {
  test(`parseCsv: ${name}; also piece by piece`, () => {
    assert.equal(cells(text, separator), rows);
    const reader = new CsvReader({ header: false, separator: separator ?? ",", name: "text" });
    const pieces = [...text].flatMap((c) => [...reader.push(c)]);
    assert.equal(
      [...pieces, ...reader.end()].map(({ fields }) => fields),
      rows,
    );
  });
}

test("CsvTable: numbers, texts and classes of columns", () => {
  const table = parseCsv("height,kind,width\n1.5,oak,2\n-2e-3,fern,+.5\n 7 ,oak,1e3\n");
  assert.equal(table.columns, ["height", "kind", "width"]);
  assert.is(table.size, 3);
  assert.equal(table.numbers("height").toArray(), [1.5, -0.002, 7]);
  assert.equal(table.numbers(["width", "height"]).toArray(), [[2, 1.5], [0.5, -0.002], [1000, 7]]); // biome-ignore format: a matrix
  assert.equal(table.numbers(["width"]).toArray(), [[2], [0.5], [1000]]);
  assert.is(table.numbers("width", { dtype: "float32" }).dtype, "float32");
  assert.equal(table.texts("kind"), ["oak", "fern", "oak"]);
  assert.equal(table.classes("kind").names, ["fern", "oak"]);
  assert.equal(table.classes("kind").labels.toArray(), [1, 0, 1]);
  assert.is(table.classes("kind").labels.dtype, "int32");
  assert.equal(table.classes("kind", ["oak", "moss", "fern"]).labels.toArray(), [0, 2, 0]);
  const none = parseCsv("a,b\n");
  assert.equal([...none.numbers(["a", "b"]).shape], [0, 2]);
});

const wrong: readonly (readonly [name: string, f: () => unknown, ...parts: string[]])[] = [
  ["nothing", () => parseCsv(""), "CSV data: no records"],
  ["a record that is short", () => parseCsv("a,b\n1,2\n\n3\n", { name: "oaks.csv" }), "oaks.csv: line 4: 1 fields", "has 2"],
  ["lines in quotes are counted", () => parseCsv('a\n"1\n\n2"\nx,y\n'), "line 5: 2 fields"],
  ["a quote that does not end", () => parseCsv('a\n1\n"2\n3\n'), "line 3: a quote that does not end"],
  ["a quote within", () => parseCsv('a\n1"2\n'), "line 2: a quote in the middle"],
  ["text behind a quote", () => parseCsv('a\n"1"2\n'), 'line 2: "2" behind a quote'],
  ["names twice", () => parseCsv("a,b,a\n1,2,3\n"), 'line 1: there are two columns "a"'],
  ["a record without end", () => parseCsv(`"${"x".repeat(2 ** 22)}"`), "line 1: a record of more than"],
  ["a long separator", () => parseCsv("a", { separator: ", " }), 'separator ", "'],
  ["no text", () => parseCsv(5 as never), "the data is a text, got 5"],
  ["no number", () => parseCsv("a,b\n1,2\n3,x\n").numbers(["a", "b"]), 'line 3, column "b": "x" is no number'],
  ["another column", () => parseCsv("a,b\n1,2\n").numbers("c"), 'no column "c"; there are "a", "b"'],
  ["another class", () => parseCsv("a\nx\ny\n").classes("a", ["x"]), 'line 3, column "a": "y" is none of the 1 classes'],
]; // biome-ignore format: a table
for (const [name, f, ...parts] of wrong) {
  test(`parseCsv: ${name} is an error that says where`, () => {
    assertThrows(f, DataError, ...parts);
  });
}

test("what other programs take for numbers", () => {
  for (const text of ["", " ", "NaN", "Infinity", "0x10", "1,5", "1e", "--1", "1 2", "."]) {
    assertThrows(() => parseCsv(`a;b\n1;${text}\n`, { separator: ";" }).numbers("b"), DataError, "is no number");
  }
  assertThrows(() => parseCsv("a\n1\n").numbers("a", { dtype: "int32" as never }), DTypeError, "int32");
});

test.run();
