/** Runs all examples, or those of a chapter, in full, each as a process of its own, and says at the end which of them passed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chapters, type Example, introduction } from "./list.js";

const runner = fileURLToPath(new URL("./run.js", import.meta.url));

interface Outcome {
  readonly example: Example;
  readonly ok: boolean;
  readonly seconds: number;
}

/** @param args a chapter's folder, and `--record` */
export async function runAll(args: readonly string[]): Promise<void> {
  const given = args.filter((arg) => arg !== "--record");
  const chosen = given.length === 0 ? chapters : chapters.filter(({ folder }) => given.includes(folder));
  if (chosen.length === 0 || given.some((arg) => !chapters.some(({ folder }) => folder === arg))) {
    console.error(`--all takes chapters, ${chapters.map(({ folder }) => folder).join(", ")}, got ${given.join(" ")}`);
    process.exitCode = 2;
    return;
  }
  const outcomes: Outcome[] = [];
  for (const example of chosen.flatMap(({ examples }) => examples)) {
    console.log(`\n== ${example.name}`);
    outcomes.push(await outcomeOf(example, args.includes("--record") ? ["--record"] : []));
  }
  console.log("\nAll examples, in full");
  const width = Math.max(...outcomes.map(({ example }) => example.name.length));
  for (const { example, ok, seconds } of outcomes) {
    const verdict = ok ? "ok      " : "NOT MET ";
    console.log(
      `  ${verdict} ${example.name.padEnd(width)} ${seconds.toFixed(1).padStart(7)} s  ${introduction(example)[0]}`,
    );
  }
  const passed = outcomes.filter(({ ok }) => ok).length;
  console.log(`${passed} passed, ${outcomes.length - passed} failed`);
  if (passed < outcomes.length) process.exitCode = 1;
}

async function outcomeOf(example: Example, args: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, [runner, example.name, ...args], { stdio: "inherit" });
  const [code] = await once(child, "close");
  return { example, ok: code === 0, seconds: (performance.now() - start) / 1000 };
}
