import { transform } from "esbuild";

/** One file of TypeScript as JavaScript, with the options of tsconfig.base.json that change what it does. */
export function transpile(text, file, { minify = false } = {}) {
  return transform(text, {
    loader: "ts",
    format: "esm",
    target: "es2022",
    sourcefile: file,
    sourcemap: minify ? false : "external",
    minifySyntax: minify,
    minifyWhitespace: minify,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, verbatimModuleSyntax: true } },
    logLevel: "silent",
  });
}
