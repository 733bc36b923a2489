/** Vectors of 256 bits: WebAssembly has none, but V8 can pack pairs of those of 128 bits into them. */
import { CompileError } from "../errors.js";

interface Host {
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => { readonly setFlagsFromString: (flag: string) => void } | undefined;
  };
}

/**
 * Asks V8 to pack them in what it compiles from now on, as its option --experimental-wasm-revectorize does from the start. An engine that
 * does not know it says so on the error stream, and goes on as before.
 *
 * @throws CompileError where nobody can be asked, as in browsers
 */
export function packVectors(): void {
  const v8 = (globalThis as Host).process?.getBuiltinModule?.("node:v8");
  if (v8 === undefined)
    throw new CompileError(
      "wide vectors are an option of V8, which Node sets from 20.16 on; leave out wide, and the variable CHAINRULE_WIDE",
    );
  v8.setFlagsFromString("--experimental-wasm-revectorize");
}
