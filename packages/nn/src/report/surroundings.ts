import { compileSupport } from "@chainrule/core";

interface Surroundings {
  readonly process?: {
    readonly versions?: { readonly node?: string; readonly v8?: string };
    readonly platform?: string;
    readonly arch?: string;
  };
  readonly navigator?: { readonly userAgent?: string };
}

/** What the run happens in: Node or a browser, and whether programs can be compiled. */
export function surroundings(): Readonly<Record<string, string>> {
  const { process, navigator } = globalThis as Surroundings;
  const { missing, relaxed, tile, wide } = compileSupport();
  const node = process?.versions?.node;
  return {
    ...(node === undefined
      ? { browser: navigator?.userAgent ?? "unknown" }
      : { Node: node, V8: process?.versions?.v8 ?? "unknown", platform: `${process?.platform} ${process?.arch}` }),
    "WebAssembly with SIMD": missing === null ? "yes" : "no",
    ...(tile !== null && {
      "fused multiply-add": relaxed ? "yes" : "no",
      "tiles of products": `${tile.rows} x ${tile.vectors}${wide ? ", packed vectors asked for" : ""}`,
    }),
  };
}
