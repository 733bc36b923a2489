import type { Tensor } from "../graph/tensor.js";
import { type Placed, trace } from "../trace/trace.js";
import { prepareTarget, targetOf } from "../wasm/target.js";
import { emitModule } from "./emit/module.js";
import { computeAlikeOnce } from "./graph/alike.js";
import { joinLoops } from "./graph/loops.js";
import { joinProducts } from "./graph/product-sum.js";
import { simplify } from "./graph/simplify.js";
import { joinUnslices } from "./graph/unslice-sum.js";
import { plan } from "./plan/plan.js";
import { Executable } from "./run/executable.js";
import { type ScheduleStage, schedulesOf } from "./schedule/passes.js";
import { verifiesAll, verify, verifyGraph } from "./verify.js";

interface BuildOptions {
  /** Checks the program between the stages. Default false. */
  readonly verify?: boolean | undefined;
  /** Whether multiply-adds are those of relaxed SIMD; by default as `targetOf` finds. */
  readonly relaxed?: boolean | undefined;
}

/** The compiler: a function of tensors becomes a program, stage by stage. */
export function build(
  given: Placed,
  f: (placeholders: Placed) => readonly Tensor[],
  { verify: verifies = verifiesAll(), relaxed }: BuildOptions,
): Executable {
  prepareTarget();
  const start = performance.now();
  const traced = trace(given, f);
  const middle = performance.now();
  if (verifies) verifyGraph(traced);
  const simplified = computeAlikeOnce(joinProducts(joinUnslices(joinLoops(simplify(traced)))));
  const schedules = schedulesOf(simplified);
  const { schedule } = schedules.at(-1) as ScheduleStage;
  const planned = plan(schedule);
  if (verifies) verify(simplified, schedule, planned);
  const target = targetOf(relaxed);
  const module = emitModule(schedule, planned, target);
  const times = { trace: middle - start, compile: performance.now() - middle };
  return new Executable({ traced, simplified, schedules, schedule, plan: planned, module, target, times });
}
