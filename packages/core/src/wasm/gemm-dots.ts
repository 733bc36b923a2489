/** The matrix product as one dot product after another, along k, where tiles do not pay. */
import type { Code, Func, Local, Module } from "./encoder.js";
import { increase, locals, times } from "./loops.js";
import { lanesOf, multiplyAdd, partialVectors, type Scalar, scalarBytes, vectorBytes, vectorOf } from "./simd.js";

/** Vectors that are summed side by side, to hide the latency of the addition. */
const dotVectors = 4;

/** Steps of k after which the sums go to a double: no lane of them has more terms. */
const partSteps = (scalar: Scalar) => dotVectors * lanesOf[scalar] * partialVectors;

/**
 * For a few rows of a, which would not repay packing b, where both operands have their steps side by side. Parameters:
 * a, b, c, m, n, k (1 at least each), the distances in bytes of rows of a, of columns of b, of rows of c, 1 to
 * accumulate. Reads nothing but the elements. Of float32 no more than `partialVectors` vectors are added up before they go to a double.
 */
export function emitDots(module: Module, scalar: Scalar, relaxed: boolean): Func {
  const size = scalarBytes[scalar];
  const lanes = lanesOf[scalar];
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, a, b, c, m, n, k, aRow, bColumn, cRow, accumulate) => {
    const pointers = locals(f, "i32", 7) as [Local, Local, Local, Local, Local, Local, Local];
    const [aAt, bAt, column, cAt, columns, steps, left] = pointers;
    const sums = locals(f, "v128", dotVectors);
    const zero = f.local("v128");
    const sum = f.local("f64");
    const widen = () => (scalar === "f32" ? f.op("f64.promote_f32") : f);
    const [first, ...others] = sums as [Local, ...Local[]];
    const addProducts = (targets: readonly Local[]) => {
      for (const [v, target] of targets.entries()) {
        multiplyAdd(f, scalar, relaxed, target, () => {
          for (const at of [aAt, bAt]) f.get(at).memory("v128.load", v * vectorBytes);
        });
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
        f.f64(0).set(sum);
        f.get(accumulate).if(() => {
          f.get(cAt).memory(`${scalar}.load`);
          widen().set(sum);
        });
        f.get(k).set(left);
        f.loop((again) => {
          f.get(left).i32(partSteps(scalar)).get(left).i32(partSteps(scalar)).op("i32.lt_u").op("select").set(steps);
          f.get(left).get(steps).op("i32.sub").set(left);
          for (const each of sums) f.get(zero).set(each);
          stride(dotVectors * lanes, () => addProducts(sums));
          stride(lanes, () => addProducts([first]));
          for (const other of others) f.get(first).get(other).op(`${vectorOf[scalar]}.add`).set(first);
          f.get(sum);
          sumOfLanes(f, scalar, first);
          widen().op("f64.add").set(sum);
          stride(1, () => {
            f.get(sum).get(aAt).memory(`${scalar}.load`).get(bAt).memory(`${scalar}.load`).op(`${scalar}.mul`);
            widen().op("f64.add").set(sum);
            for (const at of [aAt, bAt]) increase(f, at, size);
          });
          f.get(left).branchIf(again);
        });
        f.get(cAt).get(sum);
        if (scalar === "f32") f.op("f32.demote_f64");
        f.memory(`${scalar}.store`);
        increase(f, cAt, size);
        increase(f, column, bColumn);
      });
      increase(f, a, aRow);
      increase(f, c, cRow);
    });
  });
}

function sumOfLanes(f: Code, scalar: Scalar, vector: Local): void {
  f.get(vector).lane(`${vectorOf[scalar]}.extract_lane`, 0);
  for (let lane = 1; lane < lanesOf[scalar]; lane++) {
    f.get(vector).lane(`${vectorOf[scalar]}.extract_lane`, lane).op(`${scalar}.add`);
  }
}
