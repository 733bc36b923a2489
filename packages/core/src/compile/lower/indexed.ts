import type { DType } from "../../dtype.js";
import type { Traced } from "../../graph/tracing.js";
import { around } from "../../kernels/along.js";
import { collapse } from "../../kernels/loop.js";
import { ScatterAdd } from "../../ops/gather.js";
import { IndexAdd } from "../../ops/take.js";
import { normalizeAxis, sizeOf, stridesOf } from "../../shape/shape.js";
import type { Code, Local, MemoryOp, PlainOp } from "../../wasm/encoder.js";
import { type Buffer, elementBytes } from "../kernel.js";
import { checkIndices } from "./check-indices.js";
import { advance, countFromFront, repeat } from "./code.js";
import { nodeOf } from "./inline.js";
import type { KernelRule } from "./kernels.js";

interface Adder {
  readonly load: MemoryOp;
  readonly store: MemoryOp;
  readonly add: PlainOp;
  readonly addVectors: PlainOp;
}

const adders: Readonly<Record<Exclude<DType, "bool">, Adder>> = {
  float64: { load: "f64.load", store: "f64.store", add: "f64.add", addVectors: "f64x2.add" },
  float32: { load: "f32.load", store: "f32.store", add: "f32.add", addVectors: "f32x4.add" },
  int32: { load: "i32.load", store: "i32.store", add: "i32.add", addVectors: "i32x4.add" },
};

/** Neither op takes truth values. */
function adderOf(dtype: DType): Adder {
  if (dtype === "bool") throw new Error("truth values are not added");
  return adders[dtype];
}

/** Rows of up to so many vectors are added without a loop. */
const unrolledVectors = 8;
/** Vectors that a loop adds at a time. */
const loopVectors = 4;

/** A target of zeros to which elements of a source are added where the indices say, in their order. */
function adding(
  emit: (value: Traced, code: Code, target: number, source: number, indices: number) => void,
  axisOf: (value: Traced) => number,
): KernelRule {
  return {
    lower: (value, s) => {
      const [x, indices] = value.inputs as [Traced, Traced];
      const axis = axisOf(value);
      const size = value.shape[axis] as number;
      checkIndices(value, indices, { least: -size, most: size - 1, axis, shape: value.shape }, s);
      const [source, places] = [s.buffer(x), s.buffer(indices)];
      const target = s.target(value);
      s.push({
        kind: "special",
        name: nodeOf(value).name,
        reads: [source, places],
        writes: [target],
        emit: ({ code, address }) => {
          clear(code, target, address(target));
          if (source.size > 0) emit(value, code, address(target), address(source), address(places));
        },
      });
    },
  };
}

function clear(code: Code, { size, dtype }: Buffer, address: number): void {
  if (size > 0)
    code
      .i32(address)
      .i32(0)
      .i32(size * elementBytes[dtype])
      .memoryFill();
}

const axisOfIndexAdd = (value: Traced) => normalizeAxis("IndexAdd", nodeOf<IndexAdd>(value).axis, value.shape);
const axisOfScatterAdd = (value: Traced) => normalizeAxis("ScatterAdd", nodeOf<ScatterAdd>(value).axis, value.shape);

/** Whole rows: those of the source lie one after the other, and its indices are gone through once for each `outer`. */
const indexAdd = adding((value, code, target, source, indices) => {
  const [outer, n, inner] = around(value.shape, axisOfIndexAdd(value));
  const rowBytes = inner * elementBytes[value.dtype];
  const rows = sizeOf((value.inputs[1] as Traced).shape);
  const local = () => code.local("i32");
  const [from, at, base, to] = [local(), local(), local(), local()];
  code.i32(source).set(from).i32(target).set(base);
  repeat(code, outer, () => {
    code.i32(indices).set(at);
    repeat(code, rows, () => {
      code.get(at).memory("i32.load");
      countFromFront(code, n);
      code.i32(rowBytes).op("i32.mul").get(base).op("i32.add").set(to);
      addRow(code, value.dtype, inner, to, from);
      advance(code, at, 4);
    });
    advance(code, base, n * rowBytes);
  });
}, axisOfIndexAdd);

/** Adds a row of `n` elements at `from` to the one at `to`; moves `from` to its end. */
function addRow(code: Code, dtype: DType, n: number, to: Local, from: Local): void {
  const { load, store, add, addVectors } = adderOf(dtype);
  const bytes = elementBytes[dtype];
  const lanes = 16 / bytes;
  const one = (offset: number, loadOp: MemoryOp, addOp: PlainOp, storeOp: MemoryOp) => {
    code.get(to).get(to).memory(loadOp, offset).get(from).memory(loadOp, offset).op(addOp).memory(storeOp, offset);
  };
  const run = (vectors: number) => {
    for (let v = 0; v < vectors; v++) one(16 * v, "v128.load", addVectors, "v128.store");
  };
  const vectors = Math.floor(n / lanes);
  const looped = vectors <= unrolledVectors ? 0 : Math.floor(vectors / loopVectors);
  repeat(code, looped, () => {
    run(loopVectors);
    advance(code, to, 16 * loopVectors);
    advance(code, from, 16 * loopVectors);
  });
  const left = vectors - looped * loopVectors;
  run(left);
  for (let i = 0; i < n % lanes; i++) one(16 * left + i * bytes, load, add, store);
  advance(code, from, (n - looped * loopVectors * lanes) * bytes);
}

/** Single elements: each has an index of its own. */
const scatterAdd = adding((value, code, target, source, indices) => {
  const { load, store, add } = adderOf(value.dtype);
  const bytes = elementBytes[value.dtype];
  const axis = axisOfScatterAdd(value);
  const steps = stridesOf(value.shape);
  const others = steps.map((step, i) => (i === axis ? 0 : step));
  const { shape } = value.inputs[1] as Traced;
  const { sizes, strides } = collapse(shape, [others, stridesOf(shape)]);
  const local = () => code.local("i32");
  const [at, from, base, to] = [local(), local(), local(), local()];
  const element = () => {
    code.get(at).memory("i32.load");
    countFromFront(code, value.shape[axis] as number);
    code
      .i32((steps[axis] as number) * bytes)
      .op("i32.mul")
      .get(base)
      .op("i32.add")
      .tee(to);
    code.get(to).memory(load).get(from).memory(load).op(add).memory(store);
    advance(code, at, 4);
    advance(code, from, bytes);
  };
  const nest = (level: number) => {
    if (level === sizes.length) {
      element();
      return;
    }
    const [size, step] = [sizes[level] as number, (strides[0]?.[level] as number) * bytes];
    repeat(code, size, () => {
      nest(level + 1);
      advance(code, base, step);
    });
    advance(code, base, -size * step);
  };
  code.i32(indices).set(at).i32(source).set(from).i32(target).set(base);
  nest(0);
}, axisOfScatterAdd);

export const indexedRules: readonly (readonly [unknown, KernelRule])[] = [
  [IndexAdd, indexAdd],
  [ScatterAdd, scatterAdd],
];
