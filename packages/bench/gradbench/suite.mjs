import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { interpreterWith, oneThread } from "../python.mjs";

/** Where Debian has the header that the suite's Makefile would fetch. */
const json = "/usr/include/nlohmann";

/** A checkout of GradBench (github.com/gradbench/gradbench), whose programs are built and run where they stand. */
export class Suite {
  constructor(folder) {
    this.folder = resolve(folder);
    if (!existsSync(join(this.folder, "cpp/gradbench"))) throw new Error(`${folder}: is no checkout of GradBench`);
    this.built = new Map();
    this.interpreters = new Map();
  }

  /** A Python that has modules, or `null`. */
  pythonWith(modules) {
    if (!this.interpreters.has(modules)) this.interpreters.set(modules, interpreterWith(modules) ?? null);
    return this.interpreters.get(modules);
  }

  /** Of what it is built with, and runs on. */
  versions() {
    const said = (command, ...args) => spawnSync(command, args, { encoding: "utf8" }).stdout?.trim() || null;
    const compiler = said("g++", "-dumpfullversion");
    const python = this.pythonWith(neededByTorch);
    const library = python === null ? null : said(python, "-c", "import torch; print(torch.__version__)");
    return [...(compiler === null ? [] : [`g++ ${compiler}`]), ...(library === null ? [] : [`PyTorch ${library}`])];
  }

  /** Whether there is a program of a C++ tool, for one thread, and can be built. */
  builds(tool, evaluation) {
    const key = `${tool}/${evaluation}`;
    if (!this.built.has(key)) {
      const source = join(this.folder, "tools", tool, `${evaluation}.cpp`);
      this.built.set(key, existsSync(source) && this.make(tool, evaluation));
    }
    return this.built.get(key);
  }

  make(tool, evaluation) {
    const CXXFLAGS = `-std=c++17 -O3 -Wall -I../../cpp -isystem ${json}`;
    const options = { cwd: join(this.folder, "tools", tool), env: { ...process.env, CXXFLAGS }, encoding: "utf8" };
    const { status, stderr } = spawnSync("make", [`bin/${evaluation}`], options);
    if (status !== 0) process.stderr.write(`${tool}, ${evaluation}: cannot be built\n${stderr ?? ""}`);
    return status === 0;
  }

  /** Runs a function of a C++ program: what it gives, and the milliseconds of its runs. */
  run(tool, evaluation, f, input) {
    const temporary = mkdtempSync(join(tmpdir(), "chainrule-gradbench-"));
    try {
      const file = join(temporary, "input.json");
      writeFileSync(file, JSON.stringify(input));
      const { status, stdout, stderr } = spawnSync(join(this.folder, "tools", tool, "bin", evaluation), [file, f], {
        cwd: this.folder,
        encoding: "utf8",
        maxBuffer: 2 ** 30,
      });
      if (status !== 0) throw new Error(`${tool}, ${evaluation}: ${stderr}`);
      const [result, ...timings] = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      return { output: result, times: evaluateTimes(timings) };
    } finally {
      rmSync(temporary, { recursive: true });
    }
  }

  /** Whether there is a PyTorch program, and a Python that has PyTorch. */
  hasTorch(evaluation) {
    return this.pythonWith(neededByTorch) !== null && existsSync(join(this.folder, `${torch}/${evaluation}.py`));
  }

  /** The same of a PyTorch program. */
  runTorch(evaluation, f, input) {
    const messages = [
      { id: 0, kind: "define", module: evaluation },
      { id: 1, kind: "evaluate", module: evaluation, function: f, input },
    ];
    const { status, stdout, stderr } = spawnSync(this.pythonWith(neededByTorch), [`${torch}/run.py`], {
      cwd: this.folder,
      env: this.environment(),
      input: messages.map((message) => `${JSON.stringify(message)}\n`).join(""),
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    const answers = stdout.split("\n").filter(Boolean);
    if (status !== 0 || answers.length < 2) throw new Error(`PyTorch, ${evaluation}: ${stdout}${stderr}`);
    const { output, timings } = JSON.parse(answers[1]);
    return { output, times: evaluateTimes(timings) };
  }

  environment() {
    return { ...process.env, ...oneThread, PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: "python/gradbench" };
  }

  /**
   * Plays the part of a tool in one of the suite's evaluations.
   *
   * @param {string[]} options of the evaluation
   * @param {(f: string, input: any) => { output: unknown; times: readonly number[] }} evaluate
   * @returns {Promise<{ description: string; error: string | null }[]>} for each function and input, what was wrong
   */
  async evaluation(name, options, evaluate) {
    const python = this.pythonWith(neededByEvaluations);
    if (python === null) return [{ description: name, error: `no Python has ${neededByEvaluations}` }];
    const child = spawn(python, [evaluation, name, ...options], {
      cwd: this.folder,
      env: this.environment(),
      stdio: ["pipe", "pipe", "inherit"],
    });
    const asked = new Map();
    const verdicts = [];
    const answer = {
      start: () => ({ tool: "chainrule" }),
      define: () => ({ success: true }),
      evaluate({ id, function: f, input, description = "" }) {
        asked.set(id, `${name}, ${f} ${description}`);
        try {
          const { output, times } = evaluate(f, input);
          const timings = times.map((time) => ({ name: "evaluate", nanoseconds: Math.round(1e6 * time) }));
          return { success: true, output, timings };
        } catch (error) {
          verdicts.push({ description: asked.get(id), error: error.stack });
          return { success: false, error: error.stack };
        }
      },
      analysis({ of, valid, error }) {
        verdicts.push({ description: asked.get(of), error: valid ? null : error });
        return {};
      },
    };
    const ended = new Promise((done) => child.on("close", done));
    for await (const line of createInterface({ input: child.stdout })) {
      const message = JSON.parse(line);
      if (message.kind in answer) {
        child.stdin.write(`${JSON.stringify({ id: message.id, ...answer[message.kind](message) })}\n`);
      }
    }
    const status = await ended;
    if (status !== 0) verdicts.push({ description: name, error: `the evaluation ended with ${status}` });
    return verdicts;
  }
}

const evaluation = fileURLToPath(new URL("../python/evaluation.py", import.meta.url));

const neededByTorch = "torch, dataclasses_json";
const neededByEvaluations = "numpy, scipy, pydantic, dataclasses_json";

const torch = "python/gradbench/gradbench/tools/pytorch";

const evaluateTimes = (timings) =>
  timings.filter(({ name }) => name === "evaluate").map(({ nanoseconds }) => nanoseconds / 1e6);
