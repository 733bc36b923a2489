import type { Code, Local } from "../../wasm/encoder.js";
import { type GemmJob, type MatrixOperand, startOf } from "../../wasm/gemm-emit.js";
import { sparseProduct } from "../../wasm/gemm-sparse.js";
import { repeat } from "../../wasm/loops.js";
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
  const levels = levelsOf(batch);
  const [inner, ...outer] = levels ?? [];
  /** By operand: its start moves from product to product of the outer loops. */
  const starts = [a.buffer, b.buffer, target].map((buffer, i): Local | null => {
    if (!outer.some(({ steps }) => steps[i] !== 0)) return base(buffer);
    const start = code.local("i32");
    code.set(start, base(buffer) ?? 0);
    return start;
  }) as [Local | null, Local | null, Local | null];
  const operand = (
    { buffer, rowStride, colStride }: ContractionKernel["a"],
    i: 0 | 1,
    element: number,
  ): MatrixOperand => ({
    address: at(buffer, element),
    base: starts[i],
    rowStride,
    colStride,
  });
  const emitProduct = ([fromA, fromB, to]: readonly [number, number, number]) => {
    const job: GemmJob = {
      scalar,
      m,
      n,
      k,
      a: operand(a, 0, fromA),
      b: operand(b, 1, fromB),
      c: { address: at(target, to), base: starts[2], rowStride: n, colStride: 1 },
      scratch: scratch === null ? 0 : address(scratch),
      scratchBase: scratch === null ? null : base(scratch),
      ...(inner !== undefined && {
        batch: {
          count: inner.count,
          aStep: inner.steps[0] * bytes,
          bStep: inner.steps[1] * bytes,
          cStep: inner.steps[2] * bytes,
        },
      }),
    };
    if (skipsZeros) {
      for (const operand of [job.a, job.b, job.c, { address: job.scratch, base: job.scratchBase ?? null }])
        code.get(startOf(operand));
      code.call(sparseProduct(module, job, { relaxed })).op("i32.eqz");
      code.if(() => gemm.emit(code, job));
    } else gemm.emit(code, job);
  };
  if (levels === null) batch.forEach(emitProduct);
  else {
    const [first] = batch;
    if (first !== undefined) loopsAround(code, outer, starts, bytes, () => emitProduct(first));
  }
}

/** Appends loops, the last of the levels outermost, in which the starts of the operands move. */
function loopsAround(
  code: Code,
  levels: readonly Level[],
  starts: readonly (Local | null)[],
  bytes: number,
  body: () => void,
): void {
  const level = levels[levels.length - 1];
  if (level === undefined) {
    body();
    return;
  }
  const move = (times: number) => {
    starts.forEach((start, i) => {
      const step = (level.steps[i] as number) * bytes * times;
      if (start !== null && step !== 0) code.get(start).i32(step).op("i32.add").set(start);
    });
  };
  repeat(code, level.count, () => {
    loopsAround(code, levels.slice(0, -1), starts, bytes, body);
    move(1);
  });
  move(-level.count);
}

/** So many products, each so far behind the one before in the two factors and in the target. */
interface Level {
  readonly count: number;
  readonly steps: readonly [a: number, b: number, target: number];
}

/** A batch as loops inside of one another, the innermost first; `null` for one that is none. None for a single product. */
function levelsOf(batch: ContractionKernel["batch"]): readonly Level[] | null {
  const levels: Level[] = [];
  for (let starts: readonly (readonly number[])[] = batch; starts.length > 1; ) {
    const [first, second] = starts as readonly [readonly number[], readonly number[]];
    const steps = first.map((start, j) => (second[j] as number) - start) as [number, number, number];
    const follows = (i: number) =>
      (starts[i] as readonly number[]).every((start, j) => start === (first[j] as number) + i * (steps[j] as number));
    let count = 1;
    while (count < starts.length && follows(count)) count++;
    if (starts.length % count !== 0) return null;
    const isSame = starts.every((own, i) => {
      const head = starts[i - (i % count)] as readonly number[];
      return own.every((start, j) => start === (head[j] as number) + (i % count) * (steps[j] as number));
    });
    if (!isSame) return null;
    levels.push({ count, steps });
    starts = starts.filter((_, i) => i % count === 0);
  }
  return levels;
}
