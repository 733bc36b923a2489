import type { DType } from "../../../../dtype.js";
import { around } from "../../../../loops/along.js";
import { ArgSort } from "../../../../ops/sort.js";
import { normalizeAxis } from "../../../../shape/shape.js";
import type { Traced } from "../../../../trace/traced.js";
import type { Code, Local } from "../../../../wasm/encoder.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { nodeOf } from "../../../graph/graph.js";
import { elementBytes } from "../../../ir/buffer.js";
import type { KernelRule } from "../../lowering.js";
import { mergeSort } from "./merge-sort.js";

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
      const [from, to, line, at, j] = locals(code, "i32", 5);
      const bytes = elementBytes[x.dtype];
      const records = address(scratch);
      code.set(from, address(source)).set(to, address(target));
      repeat(code, outer, () => {
        repeat(code, inner, () => {
          code.set(line, from).set(at, records).set(j, 0);
          repeat(code, n, () => {
            emitRecord(code, x.dtype, descending, line, j, at);
            increase(code, line, inner * bytes);
            increase(code, at, record);
            increase(code, j, 1);
          });
          code.i32(records);
          code
            .i32(records + n * record)
            .i32(n)
            .call(sort)
            .set(at);
          code.set(line, to);
          repeat(code, n, () => {
            // The position stands first in a short record, behind the key in a long one.
            code.store("i32.store", line, at.load("i32.load", record - 8));
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

/**
 * Stores the record of the element at `from`, the position being `j`. The bits of floats are in the order of integers,
 * but for the negative ones, whose order is turned round; 0 and -0 are one key, and so are all NaN, above infinity.
 */
function emitRecord(code: Code, dtype: DType, descending: boolean, from: Local, j: Local, at: Local): void {
  if (dtype === "float64") {
    const [value, bits] = [code.local("f64"), code.local("i64")];
    code.set(value, from.load("f64.load").add(0)).set(bits, value.op("i64.reinterpret_f64"));
    code.set(bits, bits.xor(bits.shiftRightSigned(63).shiftRight(1)));
    const own = value.equal(value).select(bits, 2n ** 63n - 1n);
    code.store("i64.store", at, descending ? own.xor(-1) : own).store("i32.store", at, j, 8);
    return;
  }
  const key = code.local("i32");
  if (dtype === "float32") {
    const value = code.local("f32");
    code.set(value, from.load("f32.load").add(0)).set(key, value.op("i32.reinterpret_f32"));
    code.set(key, value.equal(value).select(key.xor(key.shiftRightSigned(31).shiftRight(1)), 2 ** 31 - 1));
  } else code.set(key, from.load(dtype === "bool" ? "i32.load8_u" : "i32.load"));
  const own = descending ? key.xor(-1) : key;
  code.store("i64.store", at, own.op("i64.extend_i32_s").shiftLeft(32).or(j.op("i64.extend_i32_u")));
}

export const sortRules: readonly (readonly [unknown, KernelRule])[] = [[ArgSort, argSort]];
