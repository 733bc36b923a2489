import type { DType } from "../../../dtype.js";
import { around } from "../../../loops/along.js";
import { collapse } from "../../../loops/loop.js";
import { ScatterAdd } from "../../../ops/gather.js";
import { IndexAdd } from "../../../ops/take.js";
import { normalizeAxis, sizeOf, stridesOf } from "../../../shape/shape.js";
import type { Traced } from "../../../trace/traced.js";
import type { Code, Local, MemoryOp, PlainOp } from "../../../wasm/encoder.js";
import { increase, locals, repeat } from "../../../wasm/loops.js";
import { partialTerms } from "../../../wasm/simd.js";
import { nodeOf } from "../../graph/graph.js";
import { type Buffer, elementBytes } from "../../ir/buffer.js";
import { loads, stores } from "../../ir/elements.js";
import { alongAxis, checkIndices } from "../check-indices.js";
import type { KernelRule, Lowering } from "../lowering.js";
import { PartialSums, partialBytes } from "../partial-sums.js";
import { clear } from "../zeros.js";

const adders = {
  float64: { add: "f64.add", addVectors: "f64x2.add" },
  float32: { add: "f32.add", addVectors: "f32x4.add" },
  int32: { add: "i32.add", addVectors: "i32x4.add" },
} as const;

/** The additions of single elements and of vectors. Neither op takes truth values. */
function adderOf(dtype: DType) {
  if (dtype === "bool") throw new Error("truth values are not added");
  return adders[dtype];
}

/** Rows of up to so many vectors are added without a loop. */
const unrolledVectors = 8;
/** Vectors that a loop adds at a time. */
const loopVectors = 4;

/**
 * A target of zeros to which elements of a source are added where the indices say, in their order. Where more float32 than
 * `partialTerms` may come together in one place, they are counted there by `counted` numbers of the target.
 */
function adding(
  emit: (value: Traced, code: Code, addresses: Addresses, partial: PartialSums | null) => void,
  axisOf: (value: Traced) => number,
  counted: (value: Traced) => { readonly terms: number; readonly counters: number },
): KernelRule {
  return {
    lower: (value, s) => {
      const [x, indices] = value.inputs as [Traced, Traced];
      const axis = axisOf(value);
      const size = value.shape[axis] as number;
      checkIndices(value, indices, alongAxis(value, size, axis, value.shape), s);
      const [source, places] = [s.buffer(x), s.buffer(indices)];
      const target = s.target(value);
      const { terms, counters } = counted(value);
      const isPartial = value.dtype === "float32" && terms > partialTerms;
      const scratch = isPartial ? s.scratch(partialBytes(counters, target.size)) : null;
      const writes = scratch === null ? [target] : [target, scratch];
      s.routine("scatter", value, [[source, places], writes], (context) => {
        const { code, address } = context;
        clear(context, target);
        if (source.size === 0) return;
        const addresses = { target: address(target), source: address(source), indices: address(places) };
        const partial =
          scratch === null ? null : new PartialSums(code, address(scratch), counters, addresses.target, target.size);
        emit(value, code, addresses, partial);
        partial?.finish();
      });
    },
  };
}

interface Addresses {
  readonly target: number;
  readonly source: number;
  readonly indices: number;
}

/** Sets a local to the index at an address, which may count from the end, as one that counts from the front. */
function setIndex(code: Code, index: Local, at: Local, size: number): void {
  code.set(index, at.load("i32.load")).set(index, index.shiftRightSigned(31).and(size).add(index));
}

const axisOfIndexAdd = (value: Traced) => normalizeAxis("IndexAdd", nodeOf<IndexAdd>(value).axis, value.shape);
const axisOfScatterAdd = (value: Traced) => normalizeAxis("ScatterAdd", nodeOf<ScatterAdd>(value).axis, value.shape);

/** Whole rows: those of the source lie one after the other, and its indices are gone through once for each `outer`. */
const indexAdd = adding(
  (value, code, { target, source, indices }, partial) => {
    const [outer, n, inner] = around(value.shape, axisOfIndexAdd(value));
    const rowBytes = inner * elementBytes[value.dtype];
    const rows = sizeOf((value.inputs[1] as Traced).shape);
    const [from, at, base, to, index] = locals(code, "i32", 5);
    code.set(from, source).set(base, target);
    repeat(code, outer, () => {
      code.set(at, indices);
      repeat(code, rows, () => {
        setIndex(code, index, at, n);
        code.set(to, index.mul(rowBytes).add(base));
        partial?.count(index.shiftLeft(2), to, inner);
        addRow(code, value.dtype, inner, to, from);
        increase(code, at, 4);
      });
      increase(code, base, n * rowBytes);
    });
  },
  axisOfIndexAdd,
  (value) => ({
    terms: sizeOf((value.inputs[1] as Traced).shape),
    counters: value.shape[axisOfIndexAdd(value)] as number,
  }),
);

/** Adds a row of `n` elements at `from` to the one at `to`; moves `from` to its end. */
function addRow(code: Code, dtype: DType, n: number, to: Local, from: Local): void {
  const { add, addVectors } = adderOf(dtype);
  const bytes = elementBytes[dtype];
  const lanes = 16 / bytes;
  const one = (offset: number, load: MemoryOp, add: PlainOp, store: MemoryOp) =>
    code.store(store, to, to.load(load, offset).op(add, from.load(load, offset)), offset);
  const run = (vectors: number) => {
    for (let v = 0; v < vectors; v++) one(16 * v, "v128.load", addVectors, "v128.store");
  };
  const vectors = Math.floor(n / lanes);
  const looped = vectors <= unrolledVectors ? 0 : Math.floor(vectors / loopVectors);
  repeat(code, looped, () => {
    run(loopVectors);
    increase(code, to, 16 * loopVectors);
    increase(code, from, 16 * loopVectors);
  });
  const left = vectors - looped * loopVectors;
  run(left);
  for (let i = 0; i < n % lanes; i++) one(16 * left + i * bytes, loads[dtype], add, stores[dtype]);
  increase(code, from, (n - looped * loopVectors * lanes) * bytes);
}

/** Single elements: each has an index of its own. */
const scatterAdd = adding(
  (value, code, { target, source, indices }, partial) => {
    const { add } = adderOf(value.dtype);
    const axis = axisOfScatterAdd(value);
    const [load, store, size] = [loads[value.dtype], stores[value.dtype], value.shape[axis] as number];
    const bytes = elementBytes[value.dtype];
    const steps = stridesOf(value.shape);
    const others = steps.map((step, i) => (i === axis ? 0 : step));
    const { shape } = value.inputs[1] as Traced;
    const { sizes, strides } = collapse(shape, [others, stridesOf(shape)]);
    const [at, from, base, to] = locals(code, "i32", 4);
    const element = () => {
      setIndex(code, to, at, size);
      code.set(to, to.mul((steps[axis] as number) * bytes).add(base));
      partial?.count(to.sub(target), to, 1);
      code.store(store, to, to.load(load).op(add, from.load(load)));
      increase(code, at, 4);
      increase(code, from, bytes);
    };
    const nest = (level: number) => {
      if (level === sizes.length) {
        element();
        return;
      }
      const [size, step] = [sizes[level] as number, (strides[0]?.[level] as number) * bytes];
      repeat(code, size, () => {
        nest(level + 1);
        increase(code, base, step);
      });
      increase(code, base, -size * step);
    };
    code.set(at, indices).set(from, source).set(base, target);
    nest(0);
  },
  axisOfScatterAdd,
  // Only those along the axis may be for one place; each place has a counter of its own.
  (value) => ({
    terms: (value.inputs[1] as Traced).shape[axisOfScatterAdd(value)] as number,
    counters: sizeOf(value.shape),
  }),
);

/** Zeros, to which the elements of the first input are added one by one where the second says: in the flattened result. */
export function scatterPlaces(value: Traced, s: Lowering): void {
  const [from, places] = value.inputs.map((input) => s.buffer(input)) as [Buffer, Buffer];
  const target = s.target(value);
  s.routine("scatter", value, [[from, places], [target]], (context) => {
    const { code, address } = context;
    const { dtype } = value;
    const bytes = elementBytes[dtype];
    clear(context, target);
    const [at, place, to] = locals(code, "i32", 3);
    code.set(at, address(from)).set(place, address(places));
    repeat(code, from.size, () => {
      // As in an array, an element outside of it is none.
      code.set(to, place.load("i32.load"));
      code.get(to.below(target.size)).if(() => {
        code.set(to, to.mul(bytes).add(address(target)));
        code.store(stores[dtype], to, to.load(loads[dtype]).op(adderOf(dtype).add, at.load(loads[dtype])));
      });
      increase(code, at, bytes);
      increase(code, place, 4);
    });
  });
}

export const indexedRules: readonly (readonly [unknown, KernelRule])[] = [
  [IndexAdd, indexAdd],
  [ScatterAdd, scatterAdd],
];
