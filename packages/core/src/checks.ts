import { ChainruleError } from "./errors.js";
import { show } from "./show.js";

/** Refuses what cannot be called; `what` is a place in the arguments, such as "the hook". */
export function checkFunction(op: string, f: unknown, what = ""): void {
  if (typeof f === "function" && !isClass(f)) return;
  throw new ChainruleError(
    `${op}: ${what === "" ? "takes" : `${what} is`} a function, got ${typeof f === "function" ? "a class" : show(f)}`,
  );
}

/** A class cannot be called; its prototype, unlike that of a function, is there for good. */
export function isClass(f: object): boolean {
  return Object.getOwnPropertyDescriptor(f, "prototype")?.writable === false;
}

/** Refuses a name that is no text: it would be shown as something else, or break what shows it. */
export function checkName(op: string, name: unknown): void {
  if (name === undefined || typeof name === "string") return;
  throw new ChainruleError(`${op}: a name is a text, got ${show(name)}`);
}

/** Refuses what is neither true nor false: of the text "false", say, one would not know. */
export function checkFlag(op: string, name: string, flag: unknown): void {
  if (typeof flag === "boolean") return;
  throw new ChainruleError(`${op}: ${name} ${show(flag)}: true or false is needed`);
}
