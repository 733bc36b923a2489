import { ChainruleError } from "@chainrule/core";

/**
 * Training that cannot go on: its loss, or a parameter, is no longer finite. What came before is in the trainer's `history`.
 *
 * @example
 * const error = new DivergenceError("the loss is NaN");
 * error instanceof ChainruleError; // true
 */
export class DivergenceError extends ChainruleError {
  override readonly name = "DivergenceError";
}
