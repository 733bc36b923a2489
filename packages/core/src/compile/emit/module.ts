import { type Func, Module } from "../../wasm/encoder.js";
import { GemmEmitter, type Operand } from "../../wasm/gemm-emit.js";
import { VectorMath } from "../../wasm/vector-math/index.js";
import { type Buffer, type ContractionKernel, elementBytes, type Kernel } from "../kernel.js";
import type { Plan } from "../plan.js";
import type { Schedule } from "../schedule.js";
import type { KernelCode, ModuleContext } from "./context.js";
import { emitLoop } from "./loop.js";
import { emitScalars } from "./scalars.js";

export interface EmitOptions {
  /** Whether the engine has relaxed SIMD. */
  readonly relaxed: boolean;
}

/** The bytes of the program's module: a function for each kernel, and `run`, which calls them one after the other. */
export function emitModule(
  schedule: Schedule,
  { addresses, bytes }: Plan,
  { relaxed }: EmitOptions,
): Uint8Array<ArrayBuffer> {
  const module = new Module();
  const context: ModuleContext = {
    module,
    math: new VectorMath(module, { relaxed }),
    gemm: new GemmEmitter(module, { relaxed }),
    relaxed,
    address: (buffer) => {
      const address = addresses.get(buffer);
      if (address === undefined) throw new Error(`buffer ${buffer.id} has no place in memory`);
      return address;
    },
  };
  const calls = schedule.kernels.flatMap((kernel) =>
    emitKernel(kernel, context).map((func) => ({ func, isCheck: kernel.kind === "special" && kernel.check === true })),
  );
  module.func({ name: "run", params: [], results: ["i32"] }, (code) => {
    const failure = code.local("i32");
    for (const { func, isCheck } of calls) {
      code.call(func);
      if (!isCheck) continue;
      code.tee(failure).if(() => code.get(failure).op("return"));
    }
    code.i32(0);
  });
  return module.encode(Math.ceil(bytes / 65536));
}

function emitKernel(kernel: Kernel, context: ModuleContext): readonly Func[] {
  const func = (write: (context: KernelCode) => void, isCheck = false) => [
    context.module.func({ params: [], results: isCheck ? ["i32"] : [] }, (code) => {
      write({ ...context, code });
      if (isCheck) code.i32(0);
    }),
  ];
  switch (kernel.kind) {
    case "loop":
      return func((own) => emitLoop(kernel, own));
    case "contraction":
      return func((own) => emitContraction(kernel, own));
    case "scalars":
      return emitScalars(kernel, context);
    case "special":
      return func((own) => kernel.emit(own), kernel.check);
    default:
      return kernel satisfies never;
  }
}

function emitContraction(kernel: ContractionKernel, { code, gemm, address }: KernelCode): void {
  const { m, n, k, a, b, target, scratch, batch } = kernel;
  const scalar = target.dtype === "float32" ? "f32" : "f64";
  const bytes = elementBytes[target.dtype];
  const at = (buffer: Buffer, element: number) => address(buffer) + element * bytes;
  const operand = ({ buffer, rowStride, colStride }: ContractionKernel["a"], element: number): Operand => ({
    address: at(buffer, element),
    rowStride,
    colStride,
  });
  const even = stepsOf(batch);
  const jobs = even === null ? batch : batch.slice(0, 1);
  for (const [fromA, fromB, to] of jobs) {
    gemm.emit(code, {
      scalar,
      m,
      n,
      k,
      a: operand(a, fromA),
      b: operand(b, fromB),
      c: { address: at(target, to), rowStride: n, colStride: 1 },
      scratch: scratch === null ? 0 : address(scratch),
      ...(even !== null &&
        batch.length > 1 && {
          batch: { count: batch.length, aStep: even[0] * bytes, bStep: even[1] * bytes, cStep: even[2] * bytes },
        }),
    });
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
