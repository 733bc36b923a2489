import { ChainruleError } from "@chainrule/core";

/**
 * Data that is not what it should be: a file that is missing, cut short or corrupt, or names and sizes that do not
 * agree.
 */
export class DataError extends ChainruleError {
  override readonly name = "DataError";
}
