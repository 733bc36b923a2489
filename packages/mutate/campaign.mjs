import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readCoverage } from "./coverage.mjs";
import { Judge } from "./judge.mjs";
import { isChange, mutantsOf } from "./mutants.mjs";
import { readResults, writeResults } from "./report.mjs";
import { runIn, suitesOf } from "./suites.mjs";
import { Tree } from "./tree.mjs";

const here = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const source = "packages/core/src/";

/** What is changed, unless the caller says: where values, gradients and programs are made. */
const parts = [
  ...["graph", "ops", "transforms", "check"].map((folder) => `${folder}/`),
  ...["emit", "graph", "plan", "schedule"].map((stage) => `compile/${stage}/`),
];

export async function mutate({ sample, seed, files, suites, out, resume, survivors, jobs, engine, list }) {
  const root = engine === undefined ? here : resolve(engine);
  const wanted = await chosenMutants(root, { sample, seed, files: files ?? parts, survivors });
  if (list) {
    for (const { id, file, line, mutator, original, replacement } of wanted) {
      console.log(`${id} ${file}:${line} ${mutator}: ${JSON.stringify(original)} -> ${JSON.stringify(replacement)}`);
    }
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "chainrule-mutate-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

  console.log(`${wanted.length} mutants; copying ${jobs} times, and measuring what each suite covers ...`);
  const trees = Array.from({ length: jobs }, (_, i) => new Tree(root, join(folder, `tree-${i}`)));
  for (const tree of trees) await tree.copy();
  const measured = await measure(trees, suitesOf(root, suites), join(folder, "coverage"));

  const known = new Map(resume ? readResults(out).map((result) => [result.id, result]) : []);
  const results = wanted.flatMap(({ id }) => known.get(id) ?? []);
  const waiting = wanted.filter(({ id }) => !known.has(id));
  const about = {
    engine: nameOf(root),
    seed: survivors === undefined ? seed : `the survivors of ${survivors}`,
    total: wanted.length,
  };
  const report = ({ mutant, status, by, suites }) => {
    results.push({ ...mutant, status, ...(by === undefined ? {} : { by }), suites });
    writeResults(out, { ...about, done: results.length }, results);
    console.log(
      `${results.length}/${wanted.length} ${status} ${mutant.file}:${mutant.line} ${mutant.mutator} ${by ?? ""}`,
    );
  };
  const judge = new Judge(measured, report);
  const work = async (tree) => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) await judge.first(tree, mutant);
    await judge.rest(tree);
  };
  await Promise.all(trees.map(work));
  console.log(`\nthe list of survivors is in ${out.replace(/(\.json)?$/, ".txt")}`);
}

async function chosenMutants(root, { sample, seed, files, survivors }) {
  const names = readdirSync(join(root, source), { recursive: true }).filter(
    (name) => name.endsWith(".ts") && files.some((start) => name.startsWith(start)),
  );
  if (names.length === 0) throw new Error(`no file of ${source} begins with ${files.join(" or ")}`);
  const all = await mutantsOf(root, names.map((name) => source + name).sort(), seed);
  if (survivors !== undefined) {
    const left = readResults(survivors).filter(({ status }) => status === "survived" || status === "uncovered");
    const ids = new Set(left.map(({ id }) => id));
    return all.filter(({ id }) => ids.has(id));
  }
  const chosen = [];
  for (const mutant of all) {
    if (sample > 0 && chosen.length === sample) break;
    if (await isChange(root, mutant)) chosen.push(mutant);
  }
  return chosen;
}

/** Runs all suites without a mutant: what each covers, and how long it takes. */
async function measure(trees, suites, folder) {
  const waiting = [...suites];
  const measured = [];
  await Promise.all(
    trees.map(async ({ root }, i) => {
      for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
        const env = { NODE_V8_COVERAGE: `${folder}-${i}` };
        const { outcome, seconds, output } = await runIn(root, suite, { limit: 1200, env });
        if (outcome !== "passed") throw new Error(`${suite} does not pass without a mutant:\n${output}`);
        console.log(`${suite}: ${seconds.toFixed(1)} s`);
        measured.push({ suite, seconds, coverage: readCoverage(root, env.NODE_V8_COVERAGE) });
      }
    }),
  );
  return measured;
}

function nameOf(root) {
  try {
    return execFileSync("git", ["-C", root, "describe", "--always", "--dirty"], {
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  } catch {
    return root;
  }
}
