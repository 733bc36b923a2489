import type { Trace } from "../../trace/trace.js";
import type { Target } from "../../wasm/gemm-tile.js";
import type { Schedule } from "../ir/kernel.js";
import type { Plan } from "../plan/plan.js";
import type { ScheduleStage } from "../schedule/passes.js";

/** What the compiler made of a function, stage by stage. */
export interface Stages {
  readonly traced: Trace;
  readonly simplified: Trace;
  /** After scheduling and after each pass; the last one is `schedule`. */
  readonly schedules: readonly ScheduleStage[];
  readonly schedule: Schedule;
  readonly plan: Plan;
  readonly module: Uint8Array<ArrayBuffer>;
  /** What the module is written for. */
  readonly target: Target;
  /** Milliseconds: tracing, and all stages up to the module. */
  readonly times: { readonly trace: number; readonly compile: number };
}
