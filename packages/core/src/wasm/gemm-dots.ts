/** The matrix product as one dot product after another, along k, where tiles do not pay. */
import type { Code, Func, Local, Module } from "./encoder.js";
import { increase, lanesOf, locals, type Scalar, sizeOf, times, vectorBytes } from "./gemm-tile.js";

const instructions = {
  f32: { load: "f32.load", store: "f32.store", add: "f32.add", mul: "f32.mul" },
  f64: { load: "f64.load", store: "f64.store", add: "f64.add", mul: "f64.mul" },
} as const;

const vectorInstructions = {
  f32: { add: "f32x4.add", mul: "f32x4.mul", madd: "f32x4.relaxed_madd", extract: "f32x4.extract_lane" },
  f64: { add: "f64x2.add", mul: "f64x2.mul", madd: "f64x2.relaxed_madd", extract: "f64x2.extract_lane" },
} as const;

/** Vectors that are summed side by side, to hide the latency of the addition. */
const dotVectors = 4;

/**
 * For a few rows of a, which would not repay packing b, where both operands have their steps side by side. Parameters: a, b, c, m, n, k (1 at least each), the distances in bytes of rows of a, of columns of b, of rows of c, 1 to
 * accumulate. Reads nothing but the elements.
 */
export function emitDots(module: Module, scalar: Scalar, relaxed: boolean): Func {
  const { load, store, add, mul } = instructions[scalar];
  const size = sizeOf[scalar];
  const lanes = lanesOf[scalar];
  const vector = vectorInstructions[scalar];
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, a, b, c, m, n, k, aRow, bColumn, cRow, accumulate) => {
    const pointers = locals(f, "i32", 6) as [Local, Local, Local, Local, Local, Local];
    const [aAt, bAt, column, cAt, columns, steps] = pointers;
    const sums = locals(f, "v128", dotVectors);
    const zero = f.local("v128");
    const sum = f.local(scalar);
    const [first, ...others] = sums as [Local, ...Local[]];
    const addProducts = (targets: readonly Local[]) => {
      for (const [v, target] of targets.entries()) {
        const factors = () => {
          for (const at of [aAt, bAt]) f.get(at).memory("v128.load", v * vectorBytes);
        };
        if (relaxed) {
          factors();
          f.get(target).op(vector.madd).set(target);
        } else {
          f.get(target);
          factors();
          f.op(vector.mul).op(vector.add).set(target);
        }
      }
      for (const at of [aAt, bAt]) increase(f, at, targets.length * vectorBytes);
    };
    /** Runs `body` for every `step` of the steps left, as often as there are whole ones. */
    const stride = (step: number, body: () => void) => {
      f.block((none) => {
        f.get(steps).i32(step).op("i32.lt_u").branchIf(none);
        f.loop((start) => {
          body();
          f.get(steps).i32(step).op("i32.sub").tee(steps).i32(step).op("i32.ge_u").branchIf(start);
        });
      });
    };
    times(f, m, () => {
      f.get(b).set(column).get(c).set(cAt).get(n).set(columns);
      times(f, columns, () => {
        f.get(a).set(aAt).get(column).set(bAt).get(k).set(steps);
        for (const each of sums) f.get(zero).set(each);
        stride(dotVectors * lanes, () => addProducts(sums));
        stride(lanes, () => addProducts([first]));
        for (const other of others) f.get(first).get(other).op(vector.add).set(first);
        sumOfLanes(f, scalar, first);
        f.set(sum);
        f.get(accumulate).if(() => f.get(sum).get(cAt).memory(load).op(add).set(sum));
        stride(1, () => {
          f.get(sum).get(aAt).memory(load).get(bAt).memory(load).op(mul).op(add).set(sum);
          for (const at of [aAt, bAt]) increase(f, at, size);
        });
        f.get(cAt).get(sum).memory(store);
        increase(f, cAt, size);
        increase(f, column, bColumn);
      });
      increase(f, a, aRow);
      increase(f, c, cRow);
    });
  });
}

function sumOfLanes(f: Code, scalar: Scalar, vector: Local): void {
  const { extract } = vectorInstructions[scalar];
  f.get(vector).lane(extract, 0);
  for (let lane = 1; lane < lanesOf[scalar]; lane++) f.get(vector).lane(extract, lane).op(instructions[scalar].add);
}
