import fc from "fast-check";
import type { DType, Tensor } from "../src/index.js";
import * as ops from "../src/ops/index.js";
import { arrangedRows, diagonalRows } from "./support/arranged-rows.js";
import { convRows } from "./support/conv-rows.js";
import * as draw from "./support/draw.js";
import { elementwiseRows } from "./support/elementwise-rows.js";
import { indexingRows } from "./support/indexing-rows.js";
import { maskedRows } from "./support/masked-rows.js";
import { mathRows } from "./support/math-rows.js";
import { matMulRow } from "./support/matmul-row.js";
import { joinedRows, movedRows } from "./support/moving-rows.js";
import { at, fill, type Plain } from "./support/plain.js";
import { poolRows } from "./support/pool-rows.js";
import { productRows } from "./support/product-rows.js";
import { reductionRows } from "./support/reduction-rows.js";
import { all, type Row } from "./support/row.js";
import { slopeRows } from "./support/slope-rows.js";
import { statisticsRows } from "./support/statistics-rows.js";
import { nameOf } from "./support/tensors.js";

const castRow: Row<DType> = {
  Node: ops.Cast,
  fn: ops.cast,
  dtypes: all,
  cases: draw.unaryCases(
    draw.shapes(),
    () => fc.constantFrom<DType>(...all),
    (shape) => draw.operand(shape, draw.grid(-2, 2)),
  ),
  // Exact in float32: the drawn numbers, and the steps of the differences.
  gradient: (dtype) => dtype === "float64" || dtype === "float32",
  node: (dtype) => new ops.Cast(dtype),
  call: ([x], dtype) => ops.cast(x as Tensor, dtype),
  method: ([x], dtype) => (x as Tensor).cast(dtype),
  reference: ([x], dtype) => {
    const convert = (v: number) =>
      dtype === "bool" ? Number(v !== 0) : dtype === "int32" ? Number.parseInt(String(v), 10) : v;
    return { shape: x?.shape ?? [], values: (x?.values ?? []).map(convert) };
  },
  result: (dtype) => dtype,
};

const oneHotRow: Row<{ classes: number; dtype: DType }> = {
  Node: ops.OneHot,
  fn: ops.oneHot,
  dtypes: ["int32"],
  cases: fc.record({ classes: fc.constantFrom(1, 3, 17), dtype: fc.constantFrom<DType>(...all) }).chain((setting) =>
    draw
      .shapes(0, 2)
      .chain((shape) => draw.operand(shape, fc.integer({ min: 0, max: setting.classes - 1 }), "int32"))
      .map((operand) => ({ operands: [operand], setting })),
  ),
  gradient: "its inputs are indices",
  node: ({ classes, dtype }) => new ops.OneHot(classes, dtype),
  call: ([x], { classes, dtype }) => ops.oneHot(x as Tensor, classes, { dtype }),
  method: ([x], { classes, dtype }) => (x as Tensor).oneHot(classes, { dtype }),
  reference: ([x], { classes }) =>
    fill([...(x as Plain).shape, classes], (index) => Number(at(x as Plain, index.slice(0, -1)) === index.at(-1))),
  result: ({ dtype }) => dtype,
};

/** A row for each op that is exported; a test fails when one is missing. */
export const table: readonly Row[] = [
  ...elementwiseRows,
  ...mathRows,
  ...slopeRows,
  ...reductionRows,
  ...statisticsRows,
  matMulRow as Row,
  ...maskedRows,
  ...movedRows,
  ...joinedRows,
  ...arrangedRows,
  ...diagonalRows,
  ...indexingRows,
  ...productRows,
  ...convRows,
  ...poolRows,
  castRow as Row,
  oneHotRow as Row,
];

const names = process.env["OPS"]?.split(",");
const unknown = names?.find((name) => !table.some((row) => nameOf(row) === name));
if (unknown !== undefined) throw new Error(`OPS=${names?.join()}: there is no row of ${unknown}`);

/** The rows whose tests run: all of them, or, while one works at an op, those that the variable OPS names: `OPS=exp,log`. */
export const tested: readonly Row[] = names === undefined ? table : table.filter((row) => names.includes(nameOf(row)));
