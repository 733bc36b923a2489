import type { DType } from "../../../../dtype.js";
import type { Traced } from "../../../../graph/tracing.js";
import { around } from "../../../../kernels/along.js";
import { ArgMax, ArgMin } from "../../../../ops/arg-extremes.js";
import { ArgSort } from "../../../../ops/sort.js";
import { normalizeAxis, sizeOf, stridesOf } from "../../../../shape/shape.js";
import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, repeat } from "../../../../wasm/loops.js";
import { nodeOf } from "../../../graph/graph.js";
import { type Buffer, elementBytes } from "../../../ir/buffer.js";
import { type Expression, numberKindOf } from "../../../ir/expression.js";
import { rowMajor } from "../../../ir/views.js";
import type { KernelBody, KernelRule } from "../../lowering.js";
import { loopOf } from "../../reduction.js";
import { mergeSort } from "./merge-sort.js";

/** Two reductions: the extreme itself, then the least position at which it stands. */
function argExtreme(operation: "max" | "min"): KernelRule {
  return {
    uses: () => "matrix",
    reduces: true,
    lower: (value, s) => {
      const [x] = value.inputs as [Traced];
      const node = nodeOf<ArgMax | ArgMin>(value);
      const { sizes, reduced, place } = loopOf(node, x.shape);
      const outer = sizes.slice(0, sizes.length - reduced);
      const kind = numberKindOf(x.dtype);
      const reduce = (
        target: Buffer,
        reduction: "max" | "min",
        of: (k: KernelBody, element: Expression) => Expression,
      ) => {
        const k = s.body(sizes);
        const element = k.builder.as(s.element(x, place, k), kind);
        s.reduce(node.name, k, [reduction, reduced], of(k, element), target);
      };

      const extreme = s.temporary(x.dtype === "bool" ? "int32" : x.dtype, outer);
      reduce(extreme, operation, (_, element) => element);
      reduce(s.target(value), "min", ({ builder }, element) => {
        const [numbers, positions] = [builder.arithmetic(kind), builder.arithmetic("i32")];
        const strides = [...outer.map(() => 0), ...stridesOf(sizes.slice(outer.length))];
        const position = builder.index({ offset: 0, strides });
        const isExtreme = numbers.equal(element, builder.load(extreme, rowMajor(outer, sizes.length)));
        const found = positions.select(isExtreme, position, sizeOf(sizes));
        // Where there is a NaN the extreme is one, which equals nothing.
        return kind === "i32" ? found : positions.select(numbers.notEqual(element, element), position, found);
      });
    },
  };
}

const argSort: KernelRule = {
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    const { axis, descending } = nodeOf<ArgSort>(value);
    const [outer, n, inner] = around(x.shape, normalizeAxis("ArgSort", axis, x.shape));
    const [source, target] = [s.buffer(x), s.target(value)];
    const record = recordBytes(x.dtype);
    const scratch = s.scratch(2 * n * record);
    s.routine("sort", value, [[source], [target, scratch]], ({ code, module, address }) => {
      if (target.size === 0) return;
      const sort = module.shared(`merge sort of ${record} bytes`, (module) => mergeSort(module, record));
      const local = () => code.local("i32");
      const [from, to, line, at, j] = [local(), local(), local(), local(), local()];
      const bytes = elementBytes[x.dtype];
      const records = address(scratch);
      code.i32(address(source)).set(from).i32(address(target)).set(to);
      repeat(code, outer, () => {
        repeat(code, inner, () => {
          code.get(from).set(line).i32(records).set(at).i32(0).set(j);
          repeat(code, n, () => {
            emitRecord(code, x.dtype, descending, line, j, at);
            increase(code, line, inner * bytes);
            increase(code, at, record);
            increase(code, j, 1);
          });
          code
            .i32(records)
            .i32(records + n * record)
            .i32(n)
            .call(sort)
            .set(at);
          code.get(to).set(line);
          repeat(code, n, () => {
            code.get(line).get(at).memory("i32.load", positionIn(record)).memory("i32.store");
            increase(code, line, inner * 4);
            increase(code, at, record);
          });
          increase(code, from, bytes);
          increase(code, to, 4);
        });
        increase(code, from, (n - 1) * inner * bytes);
        increase(code, to, (n - 1) * inner * 4);
      });
    });
  },
};

/**
 * What is sorted are records whose order as integers of 64 bits is that of the elements: of 8 bytes, the key above the
 * position; or of 16, a key of 64 bits and then the position.
 */
function recordBytes(dtype: DType): 8 | 16 {
  return dtype === "float64" ? 16 : 8;
}

/** Where the position stands in a record. */
function positionIn(record: 8 | 16): number {
  return record === 8 ? 0 : 8;
}

/**
 * Stores the record of the element at `from`, the position being `j`. The bits of floats are in the order of integers,
 * but for the negative ones, whose order is turned round; 0 and -0 are one key, and so are all NaN, above infinity.
 */
function emitRecord(code: Code, dtype: DType, descending: boolean, from: Local, j: Local, at: Local): void {
  if (dtype === "float64") {
    const [value, bits] = [code.local("f64"), code.local("i64")];
    code.get(from).memory("f64.load").f64(0).op("f64.add").tee(value).op("i64.reinterpret_f64").tee(bits);
    code.get(bits).i64(63n).op("i64.shr_s").i64(1n).op("i64.shr_u").op("i64.xor").set(bits);
    code
      .get(at)
      .get(bits)
      .i64(2n ** 63n - 1n)
      .get(value)
      .get(value)
      .op("f64.eq")
      .op("select");
    if (descending) code.i64(-1n).op("i64.xor");
    code.memory("i64.store").get(at).get(j).memory("i32.store", 8);
    return;
  }
  const key = code.local("i32");
  if (dtype === "float32") {
    const value = code.local("f32");
    code.get(from).memory("f32.load").f32(0).op("f32.add").tee(value).op("i32.reinterpret_f32").tee(key);
    code.get(key).i32(31).op("i32.shr_s").i32(1).op("i32.shr_u").op("i32.xor");
    code
      .i32(2 ** 31 - 1)
      .get(value)
      .get(value)
      .op("f32.eq")
      .op("select")
      .set(key);
  } else {
    code
      .get(from)
      .memory(dtype === "bool" ? "i32.load8_u" : "i32.load")
      .set(key);
  }
  code.get(at).get(key);
  if (descending) code.i32(-1).op("i32.xor");
  code.op("i64.extend_i32_s").i64(32n).op("i64.shl").get(j).op("i64.extend_i32_u").op("i64.or").memory("i64.store");
}

export const orderRules: readonly (readonly [unknown, KernelRule])[] = [
  [ArgMax, argExtreme("max")],
  [ArgMin, argExtreme("min")],
  [ArgSort, argSort],
];
