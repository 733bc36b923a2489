// The mutants of source files: small changes of their text, as StrykerJS makes them.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { transpile } from "./transpile.mjs";

/**
 * @typedef {object} Mutant
 * @property {string} id the same as long as the text around it is, wherever in the file that moves
 * @property {string} file from the root of the repository
 * @property {number} line from 1
 * @property {number} column from 1
 * @property {string} mutator
 * @property {string} original
 * @property {string} replacement
 * @property {number} from where the replaced text begins in the file
 * @property {number} to where it ends
 */

/** What an error says is left out: it changes no number and lets nothing through. The mutants that keep it from being thrown are not. */
const errorTexts = {
  shouldIgnore: ({ node }) => {
    const isError = node.type === "NewExpression" && /Error$/.test(node.callee.name ?? "");
    return isError || node.type === "ThrowStatement" ? "the text of an error" : undefined;
  },
};

const silent = { debug() {}, info() {}, warn() {}, isDebugEnabled: () => false };

/** Operators in place of operators: what is around them must not take a part of the new expression. */
const operators = new Set(["ArithmeticOperator", "AssignmentOperator", "EqualityOperator", "LogicalOperator"]);

/** Formulas are made of calls here, which StrykerJS does not know as operators: each with the one that is nearest to it. */
const swaps = Object.fromEntries(
  [
    "add sub",
    "mul div",
    "max min",
    "less lessEqual",
    "greater greaterEqual",
    "equal notEqual",
    "and or",
    "exp log",
    "sin cos",
  ]
    .map((pair) => pair.split(" "))
    .flatMap(([a, b]) => [
      [a, b],
      [b, a],
    ]),
);

function calledOperators(file, content) {
  if (!/\/(ops|transforms)\/|\/graph\/(arithmetic|elementwise)\.ts$/.test(file)) return [];
  const code = content.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, (comment) => " ".repeat(comment.length));
  return Array.from(code.matchAll(/(?<=\.)(\w+)(?=\()/g), ({ index, 0: name }) => ({
    name,
    from: index,
    to: index + name.length,
  }))
    .filter(({ name }) => Object.hasOwn(swaps, name))
    .map(({ name, from, to }) => ({ mutator: "CalledOperator", from, to, replacement: swaps[name] }));
}

/**
 * All mutants of some files of a checkout; those that the type checker alone would see, and those of the texts of errors, left out.
 *
 * @param {string} root
 * @param {readonly string[]} files
 * @returns {Promise<Mutant[]>} in an order that a seed decides
 */
export async function mutantsOf(root, files, seed) {
  const found = [];
  const instrumenter = new Instrumenter(silent);
  for (const file of files) {
    const content = readFileSync(join(root, file), "utf8");
    const starts = [0, ...Array.from(content.matchAll(/\n/g), ({ index }) => index + 1)];
    const options = { excludedMutations: [], ignorers: [errorTexts], plugins: null };
    const { mutants } = await instrumenter.instrument([{ name: file, mutate: true, content }], options);
    const changes = mutants
      .filter(({ status }) => status !== "Ignored")
      .map(({ location, mutatorName, replacement }) => {
        const [from, to] = [location.start, location.end].map(({ line, column }) => starts[line] + column);
        const text = operators.has(mutatorName) ? `(${replacement})` : replacement;
        return { mutator: mutatorName, from, to, replacement: text };
      });
    const seen = new Map();
    const texts = new Set();
    for (const { mutator, from, to, replacement } of [...changes, ...calledOperators(file, content)]) {
      const text = `${from} ${to} ${replacement}`;
      if (texts.has(text)) continue;
      texts.add(text);
      const original = content.slice(from, to);
      const line = starts.findLastIndex((start) => start <= from);
      const around = content.slice(starts[line], starts[line + 1]).trim();
      const key = JSON.stringify([file, mutator, around, original, replacement]);
      const count = seen.get(key) ?? 0;
      seen.set(key, count + 1);
      const id = hash(key + count).slice(0, 12);
      const column = from - starts[line] + 1;
      found.push({ id, file, line: line + 1, column, mutator, original, replacement, from, to });
    }
  }
  const places = new Map(found.map((mutant) => [mutant, hash(`${seed} ${mutant.id}`)]));
  return found.sort((a, b) => (places.get(a) < places.get(b) ? -1 : 1));
}

const hash = (text) => createHash("sha256").update(text).digest("hex");

/** A text with the changes of mutants in it, no two of which overlap. */
export function mutated(content, mutants) {
  let text = content;
  for (const { from, to, replacement } of mutants.toSorted((a, b) => b.from - a.from)) {
    text = text.slice(0, from) + replacement + text.slice(to);
  }
  return text;
}

/** Whether a mutant is a program, and another one: not so where it changes a type, or what no program can tell. */
export async function isChange(root, mutant) {
  const content = readFileSync(join(root, mutant.file), "utf8");
  const [before, after] = await Promise.all(
    [content, mutated(content, [mutant])].map((text) =>
      transpile(text, mutant.file, { minify: true }).catch(() => undefined),
    ),
  );
  return after !== undefined && after.code !== before?.code;
}
