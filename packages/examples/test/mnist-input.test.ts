import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { checkDigests } from "../src/mnist/data.js";
import { lockFolder } from "../src/mnist/folder-lock.js";
import { prepareFolder } from "../src/mnist/out-folder.js";
import { Stop } from "../src/mnist/stop.js";
import { files, idx, names, refused, run, withFolder, writeData } from "./support/mnist-program.js";

const options = withFolder("options");

options("--help names every option and the exit codes", async () => {
  const { code, stdout } = await run(["--help"]);
  assert.is(code, 0);
  for (const name of [
    "iterations",
    "batch",
    "lr",
    "hidden",
    "seed",
    "dtype",
    "data",
    "out",
    "resume",
    "eager",
    "wide",
    "live",
    "live-port",
  ]) {
    assert.match(stdout, `--${name}`);
  }
});

options("help that nobody reads to its end is no error", async () => {
  const { code, stderr } = await run(["--help"], undefined, { before: "process.stdout.destroy()" });
  assert.is(code, 0, stderr);
  assert.is(stderr, "");
});

options("unknown and impossible options are refused", async ({ folder }) => {
  const cases: [string[], RegExp][] = [
    [["--itterations", "5"], /unknown option '--itterations'.*--iterations/],
    [["more"], /too many arguments/],
    [["--lr", "-0.1"], /--lr.*'-0.1'.*above 0/],
    [["--lr", "0"], /above 0/],
    [["--live-port", "65536"], /--live-port.*from 0 to 65535/],
    [["--lr", "1e999"], /above 0/],
    [["--batch", "0"], /--batch.*whole number from 1/],
    [["--hidden", "1.5"], /--hidden.*whole number from 1/],
    [["--iterations", "many"], /--iterations.*whole number/],
    [["--iterations"], /--iterations.*missing/],
    [["--seed", "0.5"], /--seed.*whole number/],
    [["--dtype", "int32"], /--dtype.*float64, float32/],
  ];
  const out = join(folder, "out");
  await Promise.all(cases.map(([args, reason]) => refused(["--out", out, ...args], reason)));
  await refused(
    ["--batch", "121", "--data", writeData(join(folder, "data")), "--out", out],
    /--batch 121.*120 training/,
  );
  assert.not(existsSync(out));
});

options("folders that cannot be written to are refused before training", async ({ folder }) => {
  const data = writeData(join(folder, "data"));
  const file = join(folder, "file");
  writeFileSync(file, "");
  await refused(["--data", data, "--out", join(file, "out")], /cannot be written to/);
  await refused(["--data", data, "--out", file], /cannot be written to/);
  mkdirSync(join(folder, "out/weights.safetensors"), { recursive: true });
  await refused(["--data", data, "--out", join(folder, "out")], /weights\.safetensors: is in the way/);
});

options.run();

const badData = withFolder("bad data");

badData("files that are not what they should be are refused by name, and nothing is written", async ({ folder }) => {
  const { trainImages, trainLabels } = files();
  const cases: [Partial<Record<keyof typeof names, Buffer>>, RegExp][] = [
    [{ trainImages: trainImages.subarray(0, -1) }, /train-images-idx3-ubyte: truncated/],
    [{ testLabels: Buffer.alloc(3) }, /t10k-labels-idx1-ubyte: truncated/],
    [{ trainImages: Buffer.concat([trainImages, Buffer.alloc(1)]) }, /train-images-idx3-ubyte: 1 extra bytes/],
    [{ trainImages: trainLabels }, /train-images-idx3-ubyte: wrong magic number 2049/],
    [{ trainLabels: idx(1234, [1], Buffer.alloc(1)) }, /train-labels-idx1-ubyte: wrong magic number 1234/],
    [{ trainLabels: idx(2049, [119], Buffer.alloc(119)) }, /120 images.*119 labels/],
    [{ trainLabels: idx(2049, [120], Buffer.alloc(120, 10)) }, /label 10 /],
    [{ trainImages: gzipSync(trainImages).subarray(0, 500) }, /train-images-idx3-ubyte: truncated or corrupt gzip/],
    [{ testImages: idx(2051, [50, 4, 5], Buffer.alloc(1000)) }, /4 x 4.*4 x 5/],
  ];
  const out = join(folder, "out");
  await Promise.all(
    cases.map(([changed, reason], i) =>
      refused(["--data", writeData(join(folder, `data${i}`), changed), "--out", out], reason),
    ),
  );
  await refused(["--data", join(folder, "none"), "--out", out], /none: cannot be read as a folder/);
  const partial = writeData(join(folder, "partial"));
  rmSync(join(partial, names.testLabels));
  await refused(["--data", partial, "--out", out], /no file t10k-labels-idx1-ubyte/);
  assert.not(existsSync(out));
});

badData("pipes and devices are refused, and not waited for", async ({ folder }) => {
  if (process.platform === "win32") return;
  const out = join(folder, "out");
  const data = writeData(join(folder, "data"));
  rmSync(join(data, names.trainLabels));
  execFileSync("mkfifo", [join(data, names.trainLabels)]);
  await refused(["--data", data, "--out", out], /train-labels-idx1-ubyte: cannot be read: it is a pipe, and no file/);
  rmSync(join(data, names.trainLabels));
  symlinkSync("/dev/zero", join(data, names.trainLabels));
  await refused(["--data", data, "--out", out], /train-labels-idx1-ubyte: cannot be read: it is a device, and no file/);
  mkdirSync(join(folder, "run"));
  execFileSync("mkfifo", [join(folder, "run/checkpoint.safetensors")]);
  await refused(["--resume", "--out", join(folder, "run")], /checkpoint\.safetensors: cannot be read: it is a pipe/);
});

badData("what stands where a file is to be written is said before anything is computed", async ({ folder }) => {
  if (process.platform === "win32") return;
  const data = writeData(join(folder, "data"));
  for (const name of ["loss.svg", ".run.lock"]) {
    const out = join(folder, name);
    mkdirSync(out);
    execFileSync("mkfifo", [join(out, name)]);
    await refused(["--data", data, "--out", out], /(loss\.svg|\.run\.lock): is in the way: it is a pipe/);
    assert.equal(readdirSync(out), [name]);
  }
  const out = join(folder, "out");
  const at = (name: string) => join(out, name);
  mkdirSync(at(".run.lock"), { recursive: true });
  symlinkSync("nothing", at("step.dot"));
  for (const [call, kind] of [
    [() => lockFolder(out), "run.lock: is in the way: it is a folder"],
    [() => prepareFolder(out, [at("step.dot")]), "step.dot: is in the way: it is a link to nothing"],
    [() => prepareFolder(out, [at(".run.lock")]), "run.lock: is in the way: it is a folder"],
  ] as const) {
    const error = thrown(call);
    assert.instance(error, Stop);
    assert.ok((error as Stop).message.endsWith(kind), (error as Stop).message);
  }
});

badData("a lock without a number is another run's: it may be about to write one", ({ folder }) => {
  for (const text of ["", "12", "a process\n", "-5\n"]) {
    writeFileSync(join(folder, ".run.lock"), text);
    const error = thrown(() => lockFolder(folder));
    assert.instance(error, Stop);
    assert.match((error as Stop).message, /another run is at work in .*; wait for it, .*delete .*\.run\.lock/);
    assert.equal(readdirSync(folder), [".run.lock"]);
  }
  writeFileSync(join(folder, ".run.lock"), "999999999\n");
  const release = lockFolder(folder);
  assert.is(readFileSync(join(folder, ".run.lock"), "utf8"), `${process.pid}\n`);
  release();
  assert.equal(readdirSync(folder), []);
});

badData("files that are not the original ones of MNIST are told by their digests", ({ folder }) => {
  const error = thrown(() => checkDigests(writeData(folder)));
  assert.instance(error, Stop);
  assert.is((error as Stop).exitCode, 2);
  assert.match(
    (error as Stop).message,
    /train-images-idx3-ubyte: is not the original.*6bbc9ace898e44ae57da46a324031adb/,
  );
});

badData.run();

function thrown(f: () => void): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return null;
}
