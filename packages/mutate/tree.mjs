// A copy of a checkout, in which mutants are put and suites run.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GREATEST_LOWER_BOUND, generatedPositionFor, LEAST_UPPER_BOUND, TraceMap } from "@jridgewell/trace-mapping";
import { printLoops } from "../../tools/build.mjs";
import { mutated } from "./mutants.mjs";
import { transpile } from "./transpile.mjs";

const generated = "packages/core/src/loops/generated.ts";
const compiledOf = (file) => file.replace("/src/", "/dist/src/").replace(/\.ts$/, ".js");

export class Tree {
  /** The checkout that it is a copy of. */
  #from;
  /** What each file of core was compiled to, and the map to its source. */
  #compiled = new Map();
  /** The kernels as they are printed without a mutant, and the files that they depend on. */
  #kernels = "";
  #kernelFiles = new Set();

  /** To be filled with `copy`. */
  constructor(from, root) {
    this.#from = from;
    this.root = root;
  }

  /** Copies the built checkout; its dependencies are those of the checkout. */
  async copy() {
    mkdirSync(this.root, { recursive: true });
    for (const name of readdirSync(this.#from)) {
      const [source, target] = [join(this.#from, name), join(this.root, name)];
      if (name === "node_modules") symlinkSync(source, target);
      else if (name !== ".git") cpSync(source, target, { recursive: true, verbatimSymlinks: true });
    }
    // All of core is compiled as mutants are, so that nothing but the mutant tells them from it.
    const folder = "packages/core/src";
    for (const name of readdirSync(join(this.#from, folder), { recursive: true })) {
      if (!name.endsWith(".ts")) continue;
      const file = `${folder}/${name}`;
      const { code, map } = await transpile(this.#source(file), file);
      this.#compiled.set(file, { code, map: new TraceMap(map) });
      this.#write(compiledOf(file), code);
    }
    const { text, files } = await printLoops(join(this.root, "packages/core"));
    if (text !== this.#source(generated))
      throw new Error(`${this.#from} is not built: its kernels are not those of its ops`);
    this.#kernels = text;
    this.#kernelFiles = new Set(files);
    return this;
  }

  #source(file) {
    return readFileSync(join(this.#from, file), "utf8");
  }

  #write(file, text) {
    writeFileSync(join(this.root, file), text);
  }

  /**
   * Where in the compiled file is what a mutant changes: the places of the first token behind its beginning that the map knows,
   * and of the last one before; where it is compiled to nothing, none.
   *
   * @param {import("./mutants.mjs").Mutant} mutant
   */
  placesOf({ file, line, column }) {
    const { code, map } = this.#compiled.get(file);
    const lines = code.split("\n");
    const needle = { source: map.sources[0], line, column: column - 1 };
    const places = [LEAST_UPPER_BOUND, GREATEST_LOWER_BOUND]
      .map((bias) => generatedPositionFor(map, { ...needle, bias }))
      .filter((place) => place.line !== null)
      .map((place) => lines.slice(0, place.line - 1).reduce((sum, text) => sum + text.length + 1, place.column));
    return { file: compiledOf(file), places };
  }

  /**
   * Puts mutants in, no two of which change the same text: into the source, the compiled files, and the kernels where they change them.
   *
   * @param {readonly import("./mutants.mjs").Mutant[]} mutants
   * @returns {Promise<{ error?: string, kernels?: { file: string, from: number, to: number } }>} why kernels cannot be printed, or
   * the stretch of the compiled kernels that has changed, if one has
   */
  async put(mutants) {
    const files = filesOf(mutants);
    for (const file of files) {
      const text = mutated(
        this.#source(file),
        mutants.filter((mutant) => mutant.file === file),
      );
      this.#write(file, text);
      this.#write(compiledOf(file), (await transpile(text, file)).code);
    }
    if (!files.some((file) => this.#kernelFiles.has(join(this.root, file)))) return {};
    try {
      const printed = (await printLoops(join(this.root, "packages/core"))).text;
      if (printed === this.#kernels) return {};
      const { code } = await transpile(printed, generated);
      this.#write(generated, printed);
      this.#write(compiledOf(generated), code);
      return { kernels: { file: compiledOf(generated), ...difference(this.#compiled.get(generated).code, code) } };
    } catch (error) {
      return { error: String(error.stderr ?? error.message) };
    }
  }

  /** Takes them out again. */
  restore(mutants) {
    for (const changed of [...filesOf(mutants), generated]) {
      this.#write(changed, this.#source(changed));
      this.#write(compiledOf(changed), this.#compiled.get(changed).code);
    }
  }
}

const filesOf = (mutants) => [...new Set(mutants.map(({ file }) => file))];

/** The stretch of a text outside of which it is the same as another. */
function difference(before, after) {
  let from = 0;
  while (from < before.length && before[from] === after[from]) from++;
  let rest = 0;
  while (rest < before.length - from && before.at(-1 - rest) === after.at(-1 - rest)) rest++;
  return { from, to: before.length - rest };
}
