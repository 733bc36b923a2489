import { asStep, frameOf } from "../../graph/steps.js";
import type { Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { concat, stack } from "../../ops/concat.js";
import type { Form } from "../../trace/trace.js";
import { zerosOf } from "../arguments.js";
import { readNow } from "../control/cond.js";
import { type Loop, type LoopResult, tracedScan } from "../control/scan-node.js";

/**
 * A loop, as a node of the function that is traced, or step by step: also one whose number of steps is a value. The results of steps that
 * there are not are 0.
 *
 * @param forms of what a step gives
 */
export function runSteps(loop: Loop, forms: readonly Pick<Form, "shape" | "dtype">[]): LoopResult {
  if (tracer() !== null) return tracedScan(loop);
  const { init, xs, length, reverse, step, condition, count } = loop;
  const most = count === undefined ? length : readNow(count);
  const results: (readonly Tensor[])[] = [];
  const frame = frameOf(loop.op);
  let carry = init;
  for (let k = 0; condition === undefined ? k < most : readNow(condition(carry)) !== 0; k++) {
    if (k === length) throw loop.tooMany?.() ?? new Error(`${loop.op}: a loop without an end`);
    const i = reverse ? most - 1 - k : k;
    const made = asStep(frame, i, () =>
      step(
        carry,
        xs.map((x) => x.slice([i])),
      ),
    );
    carry = made.carry;
    results[i] = made.y;
  }
  const ys = forms.map(({ shape, dtype }, j) => {
    const own = results.map((y) => y[j] as Tensor);
    const missing = length - own.length;
    const zeros = zerosOf([missing, ...shape], dtype);
    if (own.length === 0) return zeros;
    return missing === 0 ? stack(own) : concat([stack(own) as Tensor, zeros]);
  });
  return { carry, ys };
}
