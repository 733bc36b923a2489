// What the build makes; see build/.

declare module "virtual:boot" {
  /** The code of `run/boot.ts`. */
  const text: string;
  export default text;
}

declare module "virtual:engine" {
  /** For each entry of the engine the files that it needs, itself the last, each behind those that it imports. */
  export const files: Readonly<Record<"light" | "core" | "nn" | "pictures" | "pages" | "runtime", readonly string[]>>;
  /** What core exports, but its light entry does not. */
  export const heavy: readonly string[];
}

declare module "virtual:declarations" {
  /** The declarations of the packages and of JavaScript, by path. */
  const files: Readonly<Record<string, string>>;
  export default files;
}

declare module "*.ts?raw" {
  const text: string;
  export default text;
}
declare module "*.css" {}
interface ImportMeta {
  glob(pattern: string, options: { eager: true; query: "?raw"; import: "default" }): Record<string, string>;
}
