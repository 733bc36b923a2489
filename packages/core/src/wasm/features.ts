/**
 * What WebAssembly can do here, found with small probe modules, and no engine is recognised by its name: validating a
 * probe shows what the engine has, compiling it what the page allows.
 */
import { Module } from "./encoder.js";

/** The part of the WebAssembly API used in core: the language's own library has no types for it without the DOM's. */
export interface WebAssemblyApi {
  readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports?: object) => { readonly exports: unknown };
}

/** `why` says what is missing, for an error to end with; it is undefined where the feature is there. */
interface Feature {
  readonly available: boolean;
  readonly why: string | undefined;
}

/** `WebAssembly` of this environment; undefined where there is none. */
export const webAssembly = (): WebAssemblyApi | undefined =>
  (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;

/** A probe and its outcome, kept: an engine does not change. A missing API is looked for again. */
function feature(name: string, probe: () => Uint8Array<ArrayBuffer>): () => Feature {
  let known: Feature | undefined;
  return () => {
    if (known !== undefined) return known;
    const api = webAssembly();
    if (api === undefined) return { available: false, why: "this environment has no WebAssembly" };
    // WebAssembly's memory is little-endian; typed arrays over it have the machine's order.
    if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
      known = { available: false, why: "this machine stores numbers big-endian" };
    } else if (!api.validate(probe())) {
      known = { available: false, why: `this engine's WebAssembly has no ${name}` };
    } else {
      const refusal = refusalOf(api, probe());
      known = { available: refusal === undefined, why: refusal };
    }
    return known;
  };
}

function refusalOf(api: WebAssemblyApi, module: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    new api.Module(module);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `this environment does not allow WebAssembly (a content security policy has to permit 'wasm-unsafe-eval'): ${why}`;
  }
}

/** Vectors of 128 bits (fixed-width SIMD). */
export const simd = feature("128-bit SIMD", () => {
  const module = new Module();
  module.func({ params: [], results: ["f32"] }, (f) =>
    f.splat("f32", 1).splat("f32", 2).op("f32x4.add").lane("f32x4.extract_lane", 0),
  );
  return module.encode();
});

/** Multiply-add that may round once instead of twice (relaxed SIMD), for float32 and float64. */
export const relaxedSimd = feature("relaxed SIMD", () => {
  const module = new Module();
  module.func({ params: [], results: ["f32"] }, (f) =>
    f.splat("f32", 1).splat("f32", 2).splat("f32", 3).op("f32x4.relaxed_madd").lane("f32x4.extract_lane", 0),
  );
  module.func({ params: [], results: ["f64"] }, (f) =>
    f.splat("f64", 1).splat("f64", 2).splat("f64", 3).op("f64x2.relaxed_madd").lane("f64x2.extract_lane", 0),
  );
  return module.encode();
});
