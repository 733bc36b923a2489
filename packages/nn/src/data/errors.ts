import { ChainruleError, show } from "@chainrule/core";

/**
 * Data that is not what it should be: a file that is missing, cut short or corrupt, or names and sizes that do not
 * agree. The text has no control characters, whatever stands in the data.
 *
 * @example
 * let refused;
 * try {
 *   decodeSafetensors(Uint8Array.of(1, 2, 3));
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof DataError; // true
 */
export class DataError extends ChainruleError {
  override readonly name = "DataError";

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Refuses what is not the bytes of a file; `name` is what errors call it. */
export function checkBytes(op: string, bytes: unknown, name: unknown): void {
  if (!(bytes instanceof Uint8Array))
    throw new DataError(`${op}: takes the bytes of a file, a Uint8Array, got ${show(bytes)}`);
  checkText(op, "the name of the data", name);
}

/** Refuses what is no text, where a name or a path is meant. */
export function checkText(op: string, what: string, text: unknown): void {
  if (typeof text !== "string") throw new DataError(`${op}: ${what} is a text, got ${show(text)}`);
}
