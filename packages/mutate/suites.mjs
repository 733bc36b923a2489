// The suites of a checkout, and how one is run.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Suites that look at the text or the size of the source, where a mutant is seen for no fault of its own. */
const aside = ["core/dist/test/budgets.test.js", "core/dist/test/imports.test.js", "nn/dist/test/imports.test.js"];

/**
 * The suites of a checkout, from its root: those of core and nn, as what only an example notices is noticed by no test of its own.
 * Those whose path holds one of the texts, where some are given.
 */
export function suitesOf(root, texts = [""]) {
  const all = ["core", "nn"].flatMap((name) => {
    const folder = `${name}/dist/test`;
    return readdirSync(join(root, "packages", folder), { recursive: true })
      .map((file) => `${folder}/${file}`)
      .filter((file) => file.endsWith(".test.js") && !file.includes("/browser/") && !aside.includes(file))
      .map((file) => `packages/${file}`);
  });
  const chosen = all.filter((suite) => texts.some((text) => suite.includes(text)));
  if (chosen.length === 0) throw new Error(`no suite has ${texts.join(" or ")} in its path`);
  return chosen;
}

/** The interpreter that runs beside all programs of the tests, and the modules under their own names, as in tools/test.mjs; an older checkout has none. */
function beside(root) {
  const file = "./packages/core/dist/test/support/interpreter/install.js";
  return existsSync(join(root, file)) ? ["--conditions", "@chainrule/modules", "--import", file] : [];
}

/** Under a limit of processor time, whatever else the machine does; the last line is what it has taken. */
const script = 'ulimit -t "$1"; shift; "$@"; code=$?; times; exit $code';

/** What uvu writes as soon as a test has failed. */
const failure = "✘";

/** A suite that waits for what never comes takes no processor time: it is stopped after these seconds and many times its limit. */
const [waitSeconds, waitFactor] = [600, 5];

/**
 * Runs a suite in a checkout, for at most `limit` seconds of the processor.
 *
 * @returns {Promise<{ outcome: "passed" | "failed" | "timeout", seconds: number, output: string }>}
 */
export function runIn(root, suite, { limit, env = {} }) {
  return new Promise((done) => {
    const command = [process.execPath, ...beside(root), suite];
    const child = spawn("sh", ["-c", script, "sh", String(Math.ceil(limit)), ...command], {
      cwd: root,
      env: { ...process.env, CHAINRULE_VERIFY: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what it has started ends with it.
      detached: true,
    });
    let output = "";
    let failed = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        output = (output + chunk).slice(-20_000);
        // One test that failed decides; uvu would run the rest of them.
        if (stream !== child.stdout || !chunk.includes(failure)) return;
        failed = true;
        endAll();
      });
    }
    const endAll = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It is over.
      }
    };
    const timer = setTimeout(endAll, (waitSeconds + waitFactor * limit) * 1000);
    process.once("exit", endAll);
    child.on("close", (code) => {
      clearTimeout(timer);
      process.off("exit", endAll);
      endAll();
      // Killed by the timer, by the limit, or ended by the signal that announces it.
      const late = code === null || code === 128 + 9 || code === 128 + 24;
      done({
        outcome: code === 0 ? "passed" : late && !failed ? "timeout" : "failed",
        seconds: processorTime(output),
        output,
      });
    });
  });
}

/** What the children of a shell have taken, from the last line of `times`, "1m2.345s 0m6.789s". */
function processorTime(output) {
  const [, ...numbers] = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n*$/.exec(output) ?? [];
  const [userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = numbers.map(Number);
  return 60 * (userMinutes + systemMinutes) + user + system;
}
