import type { Trace } from "../../trace/trace.js";
import { type Schedule, withBodies } from "../ir/kernel.js";
import { fuseLoops } from "./fuse.js";
import { updateInPlace } from "./in-place.js";
import { mergeScalarCopies } from "./scalar-copies.js";
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
      made = everywhere(made, pass);
      return { stage, schedule: made };
    }),
  ];
}

/** What a pass makes of a schedule, and before that of those inside of its kernels: of one that several kernels call, one. */
function everywhere(
  schedule: Schedule,
  pass: (schedule: Schedule) => Schedule,
  known = new Map<Schedule, Schedule>(),
): Schedule {
  const inside = (inner: Schedule) => {
    const made = known.get(inner) ?? everywhere(inner, pass, known);
    known.set(inner, made);
    return made;
  };
  return pass({ ...schedule, kernels: schedule.kernels.map((kernel) => withBodies(kernel, inside)) });
}
