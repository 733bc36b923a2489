/**
 * Runs an example by its name, `ch05/apple` or `apple`; without one, lists them all. `npm run example` ends up here.
 */
import { realpathSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findExample } from "./find.js";
import {
  type Chapter,
  chapters,
  type Example,
  examples,
  introduction,
  type Language,
  languages,
  opening,
  takesOptions,
} from "./list.js";
import { Stop } from "./mnist/stop.js";
import { runAll } from "./run-all.js";

function list(chapters: readonly Chapter[], language: Language = "en"): void {
  const width = Math.max(...examples.map(({ name }) => name.length));
  for (const { title, examples } of chapters) {
    console.log(`\n${title}`);
    for (const each of examples) console.log(`  ${each.name.padEnd(width)}  ${opening(each, language)}`);
  }
  console.log("\nnpm run example NAME runs one (the part behind the / is enough where there is one such name).");
  console.log("npm run example -- --all [CHAPTER] runs all in full, which takes a while.");
  console.log("npm run example -- --lang ko lists them in Korean, --lang ja in Japanese.");
}

/** How the record of a run is wanted: printed as the last line, or kept for the table of the README. */
const recordOptions = ["--json", "--record"] as const;

async function run(chosen: Example, args: readonly string[]): Promise<void> {
  const [json, record] = recordOptions.map((option) => args.includes(option));
  const own = args.filter((arg) => !recordOptions.some((option) => option === arg));
  if (!takesOptions(chosen) && own.length > 0)
    return refuse(`The example ${chosen.name} takes no options, got ${own.join(" ")}`);
  if (record && own.length > 0) return refuse(`--record is for runs in full, got ${own.join(" ")}`);
  process.argv = [process.execPath, chosen.file, ...own];
  if (own[0] !== "--help") console.log(introduction(chosen).join("\n"));
  const start = performance.now();
  try {
    await import(pathToFileURL(chosen.file).href);
  } catch (error) {
    const { ChainruleError } = await import("@chainrule/core");
    // Data that is missing or corrupt, a folder that cannot be written; anything else is a bug and shows its stack.
    const isExpected =
      error instanceof Stop || error instanceof ChainruleError || (error instanceof Error && "syscall" in error);
    if (!isExpected) throw error;
    refuse(error.message.replaceAll(/\s*\n\s*/g, " "));
    // An interruption is no mistake.
    if (error instanceof Stop) process.exitCode = error.exitCode;
    return;
  }
  const seconds = (performance.now() - start) / 1000;
  // Loaded late, as is the engine: a list of names should not have to wait for it.
  const { recordOf, saveRecord } = await import("./support/record.js");
  if (json) console.log(JSON.stringify(recordOf(chosen, seconds)));
  if (record) saveRecord(chosen, seconds);
}

function refuse(reason: string): void {
  console.error(reason);
  process.exitCode = 2;
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) return list(chapters);
  if (name === "--lang") {
    const language = languages.find((each) => each === args[0]);
    if (language === undefined) return refuse(`--lang takes ${languages.join(", ")}, got ${args[0] ?? "nothing"}`);
    return list(chapters, language);
  }
  if (name === "--list-json") {
    const described = examples.map((each) => ({ ...each, description: introduction(each)[0] }));
    return console.log(JSON.stringify(described, null, 2));
  }
  if (name === "--all") return runAll(args);
  if (name === "--table") return (await import("./support/table.js")).writeTable();
  const chosenChapters = chapters.filter(({ folder }) => folder === name);
  if (chosenChapters.length > 0) return list(chosenChapters);
  const chosen = findExample(name);
  return typeof chosen === "string" ? refuse(chosen) : run(chosen, args);
}

const script = process.argv[1];
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
