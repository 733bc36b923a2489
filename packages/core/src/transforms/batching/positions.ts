import { withTracer } from "../../graph/tracer.js";
import type { Generator } from "../../random/generator.js";

// Where generators stand is no matter of the function that is traced.

export function positionNow(generator: Generator): number {
  return withTracer(null, () => generator.position);
}

export function moveTo(generator: Generator, position: number): void {
  withTracer(null, () => generator.moveTo(position));
}
