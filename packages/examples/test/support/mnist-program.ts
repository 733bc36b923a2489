import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Random } from "@chainrule/core";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const program = join(dirname(fileURLToPath(import.meta.url)), "../../src/mnist/main.js");

interface Context {
  folder: string;
}

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  /** A script that runs first. */
  readonly before?: string;
  /** Variables of the environment, besides those that there are. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the program; `watch` sees what it has printed so far. */
export function run(
  args: readonly string[],
  watch?: (child: ChildProcess, stdout: string) => void,
  { before, env }: Surroundings = {},
): Promise<Result> {
  const flags = before === undefined ? [] : ["--import", `data:text/javascript,${encodeURIComponent(before)}`];
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [...flags, program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      stdout += text.toString();
      watch?.(child, stdout);
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    child.on("error", failed);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** Runs the program on input that it has to refuse: exit code 2, one line on stderr that matches, nothing on stdout. */
export async function refused(args: readonly string[], reason: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(args);
  assert.is(code, 2, `${args.join(" ")}: ${stderr}`);
  assert.is(stdout, "", args.join(" "));
  assert.match(stderr, /^error: [^\n]+\n$/);
  assert.match(stderr, reason);
}

export const names = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

export function idx(magic: number, sizes: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(magic);
  sizes.forEach((size, axis) => {
    header.writeUInt32BE(size, 4 + 4 * axis);
  });
  return Buffer.concat([header, bytes]);
}

/** The four files of a data set: images of 4 x 4 pixels of noise with one bright pixel that tells the class; 120 to train, 50 to test. */
export function files(): Record<keyof typeof names, Buffer> {
  const random = new Random(7).generator;
  const set = (count: number) => {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    const images = Uint8Array.from(random.integers(16 * count, { low: 1, high: 60 }));
    labels.forEach((label, i) => {
      images[16 * i + label] = 255;
    });
    return { images: idx(2051, [count, 4, 4], images), labels: idx(2049, [count], labels) };
  };
  const [train, test] = [set(120), set(50)];
  return { trainImages: train.images, trainLabels: train.labels, testImages: test.images, testLabels: test.labels };
}

export function writeData(
  folder: string,
  changed: Partial<Record<keyof typeof names, Buffer>> = {},
  gzip = false,
): string {
  mkdirSync(folder, { recursive: true });
  for (const [key, bytes] of Object.entries({ ...files(), ...changed })) {
    const name = names[key as keyof typeof names];
    writeFileSync(join(folder, gzip ? `${name}.gz` : name), gzip ? gzipSync(bytes) : bytes);
  }
  return folder;
}

export function withFolder(name: string) {
  const tests = suite<Context>(name, { folder: "" });
  tests.before.each((context) => {
    context.folder = mkdtempSync(join(tmpdir(), "chainrule-mnist-"));
  });
  tests.after.each(({ folder }) => {
    rmSync(folder, { recursive: true, force: true });
  });
  return tests;
}
