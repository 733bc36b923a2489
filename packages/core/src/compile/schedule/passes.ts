import type { Trace } from "../../trace/trace.js";
import { fuseLoops } from "./fuse.js";
import { updateInPlace } from "./in-place.js";
import { mergeScalarCopies } from "./scalar-copies.js";
import type { Schedule } from "./schedule.js";
import { Scheduler } from "./scheduler.js";

/** The passes over a schedule, in order; each says the same in fewer kernels. */
const passes: readonly (readonly [stage: string, pass: (schedule: Schedule) => Schedule])[] = [
  ["updates in place", (made) => ({ ...made, ...updateInPlace(made.kernels, made.assigned) })],
  ["merging scalar copies", (made) => ({ ...made, kernels: mergeScalarCopies(made.kernels) })],
  ["fusing loops", (made) => ({ ...made, kernels: fuseLoops(made.kernels, made.aliases) })],
];

/** The schedule of a program after each stage: the last one is what runs. */
export interface ScheduleStage {
  readonly stage: string;
  readonly schedule: Schedule;
}

export function schedulesOf(trace: Trace): readonly ScheduleStage[] {
  let made = new Scheduler(trace).run();
  return [
    { stage: "scheduling", schedule: made },
    ...passes.map(([stage, pass]) => {
      made = pass(made);
      return { stage, schedule: made };
    }),
  ];
}
