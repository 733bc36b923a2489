import type { ChainruleError } from "../errors.js";

/**
 * What a function threw. Where that is its own error for an argument that is not what it takes, `x.mul is not a function`, it is
 * given as one of ours, with what the function itself does not say.
 *
 * @param why what the function was given; `null` where nothing is wrong with that
 */
export function explained(
  op: string,
  Failure: new (message: string, options: ErrorOptions) => ChainruleError,
  error: unknown,
  why: () => string | null,
): unknown {
  if (!(error instanceof TypeError)) return error;
  const reason = why();
  return reason === null
    ? error
    : new Failure(`${op}: the function threw "${error.message}"; ${reason}`, { cause: error });
}

/** That a function names another number of arguments than there are; "" where it does not, or names none (`...list`). */
export function otherNumber(named: number, given: number): string {
  if (named === given || (named === 0 && given > 0)) return "";
  return `it names ${named} ${named === 1 ? "argument" : "arguments"}, and was given ${given}`;
}
