import { CompileError } from "./errors.js";

/**
 * A switch among the environment variables; `undefined` where it is not set, and where there are none, as in browsers.
 *
 * @throws CompileError where it is neither 0 nor 1
 */
export function environmentSwitch(name: string): boolean | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  };
  const value = process?.env?.[name];
  if (value === undefined || value === "") return undefined;
  if (value === "0" || value === "1") return value === "1";
  throw new CompileError(
    `the environment variable ${name} is "${value.slice(0, 40)}"; set it to 0 or 1, or not at all`,
  );
}
