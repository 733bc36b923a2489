import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * Calls of all that is exported with wrong arguments: of other types, too few and too many, NaN, negative and huge numbers,
 * texts, lists that hold themselves or are nested deeper than a stack, objects that throw when they are read, and what
 * `structuredClone` leaves of a tensor; alone, inside of lists and records, and in a function that is compiled. A call may
 * give anything, throw a ChainruleError of less than a screen, or what an argument threw itself. Anything else is a finding:
 * a bare TypeError, a call that does not come back, a process that dies.
 *
 * What is not drawn: sizes that memory has room for but time has not (2^24 to 2^33 elements), files other than in a folder
 * of its own, methods that are there for the engine alone, objects of classes that one's own program derives, proxies that
 * have been revoked (JavaScript cannot ask these whether they are lists), and whether a result makes sense.
 */

export interface ArgumentFinding {
  readonly seed: number;
  /** Gives this case again, with `from` and a count of 1. */
  readonly case: number;
  readonly call: string;
  readonly failure: string;
}

export interface ArgumentFuzz {
  readonly seed: number;
  readonly cases: number;
  readonly from?: number;
  /** The folder of a built checkout; this one by default. */
  readonly root?: string;
  /** How long one case may take, in milliseconds. */
  readonly limit?: number;
  /** How much memory, beyond that of typed arrays, in MiB. */
  readonly memory?: number;
}

const worker = fileURLToPath(new URL("argument-worker.js", import.meta.url));
const here = fileURLToPath(new URL("../../../../../", import.meta.url));

/** Runs cases in processes of their own; one that is killed by a case is followed by another from the next case on. */
export async function fuzzArguments(fuzz: ArgumentFuzz): Promise<{ findings: ArgumentFinding[]; calls: number }> {
  const findings: ArgumentFinding[] = [];
  const end = (fuzz.from ?? 0) + fuzz.cases;
  let calls = 0;
  for (let from = fuzz.from ?? 0; from < end; ) {
    const run = await runWorker(fuzz, from, end - from);
    findings.push(...run.findings);
    calls = Math.max(calls, run.calls);
    from = run.next;
    // Where even the beginning fails there is nothing to go on with.
    if (calls === 0 && findings.length > 20) break;
  }
  return { findings, calls };
}

interface Run {
  readonly findings: readonly ArgumentFinding[];
  /** The first case that has not been run. */
  readonly next: number;
  readonly calls: number;
}

function runWorker(fuzz: ArgumentFuzz, from: number, count: number): Promise<Run> {
  const { seed, root = here, limit = 10_000, memory = 1024 } = fuzz;
  const modules = [
    "core/dist/src/index.js",
    "core/dist/src/testing/index.js",
    "nn/dist/src/index.js",
    "nn/dist/src/node.js",
  ];
  const urls = modules.map((path) => `file://${join(root, "packages", path)}`);
  const folder = mkdtempSync(join(tmpdir(), "arguments-"));
  // nn finds the same core as is tried here, and not its bundle.
  const flags = ["--conditions=@chainrule/modules", `--max-old-space-size=${memory}`];
  const child = spawn(process.execPath, [...flags, worker, String(seed), String(from), String(count), ...urls], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const findings: ArgumentFinding[] = [];
  let [at, call, calls, rest, errors, late] = [from, "", 0, "", "", false];
  const watch = () => setTimeout(() => { late = true; child.kill("SIGKILL"); }, limit); // biome-ignore format: one line
  let timer = watch();
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors = (errors + chunk).slice(-2000);
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    clearTimeout(timer);
    timer = watch();
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [word = "", first = ""] = line.split(" ");
      if (word === "case") [at, call] = [Number(first), line.split(" ").slice(2).join(" ")];
      else if (word === "with") call += line.slice(5);
      else if (word === "done") calls = Number(first);
      else if (word === "failed") {
        const { i, name, what, failure } = JSON.parse(line.slice(7)) as Record<
          "i" | "name" | "what" | "failure",
          string
        >;
        findings.push({ seed, case: Number(i), call: name + what, failure });
      }
    }
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      rmSync(folder, { recursive: true, force: true });
      if (calls > 0) return resolve({ findings, next: from + count, calls });
      const failure = late ? `no end within ${limit} ms` : `the process died: ${signal ?? code}\n${errors}`;
      resolve({ findings: [...findings, { seed, case: at, call, failure }], next: at + 1, calls });
    });
  });
}
