import type { Tensor } from "../../graph/tensor.js";
import { tracer } from "../../graph/tracer.js";
import { overAll } from "../control/again.js";
import { type Call, Callee, tracedCall } from "../control/call-node.js";
import { type Batched, elementShape, expanded } from "./batched.js";
import { flagsOf } from "./flags.js";
import { traceElement, type Wanted, wantedOf } from "./record.js";
import type { BatchedCallee, Run } from "./run.js";

/** A call of a function for a batch: of one function for all calls with arguments alike. */
export function batchedCall(node: Call, inputs: readonly Batched[], run: Run): readonly Batched[] {
  const { callee, isBatched } = calleeFor(node, inputs, wantedOf(inputs), run);
  const tensors = inputs.map(({ tensor }) => tensor);
  const results = tracer() === null ? callee.f(tensors) : tracedCall(callee, tensors).results;
  return results.map((tensor, i) => ({ tensor, isBatched: isBatched[i] === true }));
}

function calleeFor(node: Call, given: readonly Batched[], wanted: Wanted, run: Run): BatchedCallee {
  const { callee, called, calledAgain, given: count } = node;
  const known = run.callees.get(called) ?? new Map<string, BatchedCallee>();
  run.callees.set(called, known);
  const flags = given.map((input) => input.isBatched);
  const forms = given.map(
    (input, i) => `${input.tensor.dtype}[${elementShape(input).join()}]${flags[i] === true ? "*" : ""}`,
  );
  const key = [wanted, ...forms].join(" ");
  const found = known.get(key);
  if (found !== undefined) return found;
  const program = traceElement(callee.op, given, overAll(count, calledAgain), run, wanted);
  const isBatched = flagsOf(program, flags);
  const f = (tensors: readonly Tensor[]) =>
    run
      .replay(
        program,
        tensors.map((tensor, i) => ({ tensor, isBatched: flags[i] === true })),
      )
      .map((result, i) => (isBatched[i] === true ? expanded(result, run.size) : result.tensor));
  const made = { callee: new Callee(callee.op, f, true), isBatched };
  known.set(key, made);
  return made;
}
