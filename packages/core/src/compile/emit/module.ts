import { type Func, Module } from "../../wasm/encoder.js";
import { GemmEmitter } from "../../wasm/gemm-emit.js";
import { VectorMath } from "../../wasm/vector-math/index.js";
import type { KernelCode, ModuleContext } from "../ir/context.js";
import { isCheck, type Kernel } from "../ir/kernel.js";
import type { Plan } from "../plan/plan.js";
import type { Schedule } from "../schedule/schedule.js";
import { emitContraction } from "./contraction.js";
import { emitLoop } from "./loop.js";
import { emitScalars } from "./scalars.js";

interface EmitOptions {
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
    emitKernel(kernel, context).map((func) => ({ func, mayStop: isCheck(kernel) })),
  );
  module.func({ name: "run", params: [], results: ["i32"] }, (code) => {
    const failure = code.local("i32");
    for (const { func, mayStop } of calls) {
      code.call(func);
      if (!mayStop) continue;
      code.tee(failure).if(() => code.get(failure).op("return"));
    }
    code.i32(0);
  });
  return module.encode(Math.ceil(bytes / 65536));
}

function emitKernel(kernel: Kernel, context: ModuleContext): readonly Func[] {
  const func = (write: (context: KernelCode) => void) => [
    context.module.func({ params: [], results: isCheck(kernel) ? ["i32"] : [] }, (code) => {
      write({ ...context, code });
      if (isCheck(kernel)) code.i32(0);
    }),
  ];
  switch (kernel.kind) {
    case "loop":
      return func((own) => emitLoop(kernel, own));
    case "contraction":
      return func((own) => emitContraction(kernel, own));
    case "scalars":
      return emitScalars(kernel, context);
    case "routine":
      return func((own) => kernel.emit(own));
    default:
      return kernel satisfies never;
  }
}
