import { ChainruleError, show } from "@chainrule/core";

/** What an error text may be long: names and numbers in a file may be as long as somebody liked. */
const longest = 1200;

/**
 * Data that is not what it should be: a file that is missing, cut short or corrupt, or names and sizes that do not
 * agree. The text fits on a screen and has no control characters, whatever stands in the data.
 */
export class DataError extends ChainruleError {
  override readonly name = "DataError";

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

function printable(text: string): string {
  const short = text.length <= longest ? text : `${text.slice(0, longest - 300)} ... ${text.slice(-290)}`;
  return short.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
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
