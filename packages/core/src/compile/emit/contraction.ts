import { type GemmJob, type MatrixOperand, startOf } from "../../wasm/gemm-emit.js";
import { sparseProduct } from "../../wasm/gemm-sparse.js";
import { type Buffer, elementBytes, scalarOf } from "../ir/buffer.js";
import type { KernelCode } from "../ir/context.js";
import type { ContractionKernel } from "../ir/kernel.js";

export function emitContraction(
  kernel: ContractionKernel,
  { code, module, gemm, relaxed, address, base }: KernelCode,
): void {
  const { m, n, k, a, b, target, scratch, batch, skipsZeros } = kernel;
  const scalar = scalarOf(target);
  const bytes = elementBytes[target.dtype];
  const at = (buffer: Buffer, element: number) => address(buffer) + element * bytes;
  const operand = ({ buffer, rowStride, colStride }: ContractionKernel["a"], element: number): MatrixOperand => ({
    address: at(buffer, element),
    base: base(buffer),
    rowStride,
    colStride,
  });
  const even = stepsOf(batch);
  const jobs = even === null ? batch : batch.slice(0, 1);
  for (const [fromA, fromB, to] of jobs) {
    const job: GemmJob = {
      scalar,
      m,
      n,
      k,
      a: operand(a, fromA),
      b: operand(b, fromB),
      c: { address: at(target, to), base: base(target), rowStride: n, colStride: 1 },
      scratch: scratch === null ? 0 : address(scratch),
      scratchBase: scratch === null ? null : base(scratch),
      ...(even !== null &&
        batch.length > 1 && {
          batch: { count: batch.length, aStep: even[0] * bytes, bStep: even[1] * bytes, cStep: even[2] * bytes },
        }),
    };
    if (skipsZeros) {
      for (const operand of [job.a, job.b, job.c, { address: job.scratch, base: job.scratchBase ?? null }])
        code.get(startOf(operand));
      code.call(sparseProduct(module, job, { relaxed })).op("i32.eqz");
      code.if(() => gemm.emit(code, job));
    } else gemm.emit(code, job);
  }
}

/** The steps from one product of a batch to the next, if they are the same throughout. */
function stepsOf(batch: ContractionKernel["batch"]): readonly [number, number, number] | null {
  const [first, second] = batch;
  if (first === undefined || second === undefined) return [0, 0, 0];
  const step = first.map((start, i) => (second[i] as number) - start) as [number, number, number];
  const isEven = batch.every((starts, i) =>
    starts.every((start, j) => start === (first[j] as number) + i * (step[j] as number)),
  );
  return isEven ? step : null;
}
