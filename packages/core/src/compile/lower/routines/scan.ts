import type { DType } from "../../../dtype.js";
import type { Traced } from "../../../graph/tracing.js";
import { around } from "../../../kernels/along.js";
import { Cumprod, Cumsum, LinearScan } from "../../../ops/cumulate.js";
import { normalizeAxis } from "../../../shape/shape.js";
import type { Code, Local, PlainOp } from "../../../wasm/encoder.js";
import { increase, repeat } from "../../../wasm/loops.js";
import { nodeOf } from "../../graph/graph.js";
import { type Buffer, elementBytes } from "../../ir/buffer.js";
import type { KernelRule } from "../lowering.js";

/** How the states of a scan are kept and moved: several neighbouring ones in a vector, or one alone. */
interface States {
  readonly lanes: number;
  readonly type: "v128" | "f64" | "i32";
  readonly add: PlainOp;
  readonly mul: PlainOp;
  readonly constant: (code: Code, value: number) => void;
  /** Replaces the address on the stack by the elements there. */
  readonly load: (code: Code, offset: number) => void;
  /** On the stack are the address and the states. */
  readonly store: (code: Code, offset: number) => void;
}

const doubles = { type: "f64", add: "f64.add", mul: "f64.mul" } as const;
const pairs = { type: "v128", lanes: 2, add: "f64x2.add", mul: "f64x2.mul" } as const;
const double = (code: Code, value: number) => code.f64(value);
const pair = (code: Code, value: number) => code.splat("f64", value);

/** Both floats are summed up in double precision, as in eager mode. */
const statesOf: Readonly<Record<Exclude<DType, "bool">, { readonly vector: States; readonly scalar: States }>> = {
  float64: {
    vector: {
      ...pairs,
      constant: pair,
      load: (code, offset) => code.memory("v128.load", offset),
      store: (code, offset) => code.memory("v128.store", offset),
    },
    scalar: {
      ...doubles,
      lanes: 1,
      constant: double,
      load: (code, offset) => code.memory("f64.load", offset),
      store: (code, offset) => code.memory("f64.store", offset),
    },
  },
  float32: {
    vector: {
      ...pairs,
      constant: pair,
      load: (code, offset) => code.memory("v128.load64_zero", offset).op("f64x2.promote_low_f32x4"),
      store: (code, offset) => code.op("f32x4.demote_f64x2_zero").laneMemory("v128.store64_lane", 0, offset),
    },
    scalar: {
      ...doubles,
      lanes: 1,
      constant: double,
      load: (code, offset) => code.memory("f32.load", offset).op("f64.promote_f32"),
      store: (code, offset) => code.op("f32.demote_f64").memory("f32.store", offset),
    },
  },
  int32: {
    vector: {
      lanes: 4,
      type: "v128",
      add: "i32x4.add",
      mul: "i32x4.mul",
      constant: (code, value) => code.splat("i32", value),
      load: (code, offset) => code.memory("v128.load", offset),
      store: (code, offset) => code.memory("v128.store", offset),
    },
    scalar: {
      lanes: 1,
      type: "i32",
      add: "i32.add",
      mul: "i32.mul",
      constant: (code, value) => code.i32(value),
      load: (code, offset) => code.memory("i32.load", offset),
      store: (code, offset) => code.memory("i32.store", offset),
    },
  },
};

/** Scans that run side by side, so that one does not wait for the sum of another. */
const abreast = 4;

/** Scans that run at once: where the first of them begin in elements, how often, and the distances between them. */
interface Strip {
  readonly start: number;
  readonly count: number;
  readonly step: number;
  readonly offsets: readonly number[];
}

/**
 * Covers `lines` scans that begin `apart` elements from one another; where vectors end beyond the last one, they
 * overlap.
 */
function stripsOf(lines: number, apart: number, lanes: number): readonly Strip[] {
  const width = abreast * lanes;
  const offsets = (units: number, last: number) =>
    Array.from({ length: units }, (_, i) => Math.min(i * lanes, last) * apart);
  const full = { start: 0, count: Math.floor(lines / width), step: width * apart, offsets: offsets(abreast, width) };
  const rest = lines - full.count * width;
  if (rest === 0) return [full];
  // A vector may go back into the scans of the strip before: it computes the same once more.
  const start = Math.min(full.count * width, lines - lanes);
  const covered = lines - start;
  return [
    full,
    { start: start * apart, count: 1, step: 0, offsets: offsets(Math.ceil(covered / lanes), covered - lanes) },
  ];
}

interface Scan {
  readonly sizes: readonly [outer: number, n: number, inner: number];
  readonly reverse: boolean;
  readonly initial: number;
  /** The first step and all that follow; `at` is what to add to a buffer's address. */
  readonly steps: readonly [Step, Step];
}

type Step = (code: Code, states: States, state: Local, at: Local, offset: number) => void;

function emitScan(code: Code, dtype: DType, { sizes, reverse, initial, steps }: Scan): void {
  if (dtype === "bool") throw new Error("truth values are not cumulated");
  const [outer, n, inner] = sizes;
  if (outer * n * inner === 0) return;
  const bytes = elementBytes[dtype];
  const { vector, scalar } = statesOf[dtype];
  const states = inner >= vector.lanes ? vector : scalar;
  const [first, next] = steps;
  const [start, at] = [code.local("i32"), code.local("i32")];
  const locals = Array.from({ length: abreast }, () => code.local(states.type));
  // Along the last axis the rows run side by side, elsewhere the columns.
  const [repeats, strips] = inner === 1 ? [1, stripsOf(outer, n, 1)] : [outer, stripsOf(inner, 1, states.lanes)];
  const step = (reverse ? -1 : 1) * inner * bytes;
  const base = code.local("i32");
  code.i32(reverse ? (n - 1) * inner * bytes : 0).set(base);
  repeat(code, repeats, () => {
    for (const strip of strips) {
      code
        .get(base)
        .i32(strip.start * bytes)
        .op("i32.add")
        .set(start);
      const all = (step: Step) => {
        for (const [i, offset] of strip.offsets.entries()) step(code, states, locals[i] as Local, at, offset * bytes);
      };
      repeat(code, strip.count, () => {
        code.get(start).set(at);
        strip.offsets.forEach((_, i) => {
          states.constant(code, initial);
          code.set(locals[i] as Local);
        });
        all(first);
        repeat(code, n - 1, () => {
          increase(code, at, step);
          all(next);
        });
        increase(code, start, strip.step * bytes);
      });
    }
    increase(code, base, n * inner * bytes);
  });
}

function cumulation(name: "Cumsum" | "Cumprod", operation: "add" | "mul", initial: number): KernelRule {
  return {
    lower: (value, s) => {
      const { axis, reverse, exclusive } = nodeOf<Cumsum | Cumprod>(value);
      const [x, target] = [s.buffer(value.inputs[0] as Traced), s.target(value)];
      s.push({
        kind: "special",
        name,
        reads: [x],
        writes: [target],
        work: { kind: "value", value },
        emit: ({ code, address }) => {
          const step: Step = (code, states, state, at, offset) => {
            if (exclusive) {
              code.get(at).get(state);
              states.store(code, address(target) + offset);
            }
            code.get(state).get(at);
            states.load(code, address(x) + offset);
            code.op(states[operation]).set(state);
            if (exclusive) return;
            code.get(at).get(state);
            states.store(code, address(target) + offset);
          };
          const sizes = around(value.shape, normalizeAxis(name, axis, value.shape));
          emitScan(code, value.dtype, { sizes, reverse, initial, steps: [step, step] });
        },
      });
    },
  };
}

const linearScan: KernelRule = {
  lower: (value, s) => {
    const { axis, reverse } = nodeOf<LinearScan>(value);
    const [a, b] = value.inputs.map((input) => s.buffer(input)) as [Buffer, Buffer];
    const target = s.target(value);
    s.push({
      kind: "special",
      name: "LinearScan",
      reads: [a, b],
      writes: [target],
      work: { kind: "value", value },
      emit: ({ code, address }) => {
        const stepOf =
          (isFirst: boolean): Step =>
          (code, states, state, at, offset) => {
            code.get(at).get(state);
            states.store(code, address(target) + offset);
            // The first factor has nothing to multiply: where it is infinite, times 0 would be NaN.
            if (!isFirst) {
              code.get(at);
              states.load(code, address(a) + offset);
              code.get(state).op(states.mul);
            }
            code.get(at);
            states.load(code, address(b) + offset);
            if (!isFirst) code.op(states.add);
            code.set(state);
          };
        const sizes = around(value.shape, normalizeAxis("LinearScan", axis, value.shape));
        emitScan(code, value.dtype, { sizes, reverse, initial: 0, steps: [stepOf(true), stepOf(false)] });
      },
    });
  },
};

export const scanRules: readonly (readonly [unknown, KernelRule])[] = [
  [Cumsum, cumulation("Cumsum", "add", 0)],
  [Cumprod, cumulation("Cumprod", "mul", 1)],
  [LinearScan, linearScan],
];
