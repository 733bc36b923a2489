import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NamedTensors } from "@chainrule/nn";
import { loadTensors } from "@chainrule/nn/node";
import * as assert from "uvu/assert";
import { idx, refused, run, withFolder, writeData } from "./support/mnist-program.js";

const small = withFolder("training");

/** Options of a run that takes a moment. 12 iterations are an epoch. */
const quick = ["--batch", "10", "--hidden", "8"];

small(
  "a run verifies, trains, evaluates each epoch and writes its results; gzipped data are the same",
  async ({ folder }) => {
    const plain = join(folder, "plain");
    const data = writeData(join(folder, "data"));
    const { code, stdout, stderr } = await run([
      ...quick,
      "--lr",
      "1",
      "--iterations",
      "600",
      "--data",
      data,
      "--out",
      plain,
    ]);
    assert.is(code, 0, stderr);
    assert.is(stderr, "");
    for (const name of ["W1", "b1", "W2", "b2"]) assert.match(stdout, new RegExp(`^  ${name} .* ok`, "m"));
    assert.match(stdout, /epoch {2}0 +iteration +0 +train 0\.[01]/);
    assert.match(stdout, /epoch 50 +iteration +600 +train 1\.0000 +test 1\.0000/);
    assert.match(stdout, /bounds on the accuracy.*not applied/);
    const results = [
      "accuracy.svg",
      "checkpoint.safetensors",
      "loss.svg",
      "report.html",
      "step.dot",
      "step.svg",
      "weights.safetensors",
    ];
    assert.equal(readdirSync(plain).sort(), results);
    for (const name of results.filter((file) => file.endsWith(".svg"))) {
      assert.match(readFileSync(join(plain, name), "utf8"), /<svg[\s\S]*<\/svg>\s*$/);
    }
    assert.equal(loadTensors(join(plain, "weights.safetensors")).tensors["W1"]?.shape, [16, 8]);

    const zipped = join(folder, "zipped");
    const gz = writeData(join(folder, "gz"), {}, true);
    assert.is((await run([...quick, "--lr", "1", "--iterations", "600", "--data", gz, "--out", zipped])).code, 0);
    assert.ok(weightsOf(zipped).equals(weightsOf(plain)));
  },
);

small("an interrupted run that goes on gives the bits of one that was not interrupted", async ({ folder }) => {
  const data = writeData(join(folder, "data"));
  const [straight, parts] = [join(folder, "straight"), join(folder, "parts")];
  const common = [...quick, "--data", data];
  assert.is((await run([...common, "--iterations", "40", "--out", straight])).code, 0);
  assert.is((await run([...common, "--iterations", "20", "--out", parts])).code, 0);
  const resumed = await run(["--resume", "--iterations", "40", "--out", parts]);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.ok(weightsOf(parts).equals(weightsOf(straight)));
  assert.ok(readFileSync(join(parts, "loss.svg")).equals(readFileSync(join(straight, "loss.svg"))));
  assert.ok(readFileSync(join(parts, "accuracy.svg")).equals(readFileSync(join(straight, "accuracy.svg"))));
});

small(
  "--eager is the same training but for rounding, and either goes on where the other has stopped",
  async ({ folder }) => {
    const data = writeData(join(folder, "data"));
    const trained = async (
      name: string,
      how: RegExp,
      args: readonly string[],
      around: Parameters<typeof run>[2] = {},
    ) => {
      const out = join(folder, name);
      const common = [...quick, "--lr", "1", "--data", data, "--iterations", "100", "--out", out];
      const { code, stdout, stderr } = await run([...common, ...args], undefined, around);
      assert.is(code, 0, stderr);
      assert.match(stdout, how);
      return { out, tensors: loadTensors(join(out, "weights.safetensors")).tensors };
    };
    const compiled = /^Training, 100 iterations: .*, compiled$/m;
    const eager = /^Training, 100 iterations: .*, eager$/m;
    const doubles = ["--dtype", "float64"];

    // Every product and every sum rounded, there is one result, which a machine without WebAssembly has, too.
    const env = { CHAINRULE_RELAXED: "0" };
    const plain = await trained("plain", eager, [...doubles, "--eager"], { env });
    const without = await trained("without", /, eager\n {2}not compiled: .*SIMD/m, doubles, {
      before: "WebAssembly.validate = () => false",
    });
    assert.ok(weightsOf(without.out).equals(weightsOf(plain.out)));
    const pinned = await trained("pinned", compiled, doubles, { env });
    assert.ok(farthest(pinned.tensors, plain.tensors) < 1e-10);

    // With fused multiply-add, where the machine has it.
    const free = await trained("free", compiled, doubles);
    assert.ok(farthest(free.tensors, plain.tensors) < 1e-10);

    // Numbers of 24 bits against numbers of 53: no farther than if each step rounded the largest weight once.
    const largest = farthest(plain.tensors);
    const bound = 100 * 2 ** -24 * largest;
    for (const args of [[], ["--eager"]]) {
      const { tensors } = await trained(`float32${args.join()}`, args.length === 0 ? compiled : eager, args);
      const distance = farthest(tensors, plain.tensors);
      assert.ok(distance > 0 && distance < bound, `${distance} of ${bound}`);
    }

    const resumed = await run(["--resume", "--out", free.out, "--iterations", "110", "--eager"]);
    assert.match(resumed.stdout, /resumed at iteration 100 of 110: .*, eager$/m, resumed.stderr);
  },
);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  small(`${signal} saves, says how to resume, and loses nothing`, async ({ folder }) => {
    const data = writeData(join(folder, "data"));
    const [straight, parts] = [join(folder, "straight"), join(folder, "parts")];
    const common = [...quick, "--data", data];
    let sent = false;
    const interrupted = await run([...common, "--iterations", "1000000", "--out", parts], (child, stdout) => {
      if (sent || !/epoch +3/.test(stdout)) return;
      sent = true;
      child.kill(signal);
    });
    assert.is(interrupted.code, 130, interrupted.stderr);
    const [, at = "", command = ""] =
      /interrupted at iteration (\d+), saved in .*; to go on: (.*)\n$/.exec(interrupted.stderr) ?? [];
    assert.ok(Number(at) >= 36);
    assert.match(command, new RegExp(`--out ${parts} --resume$`));
    assert.match(interrupted.stdout, `report of what there was: ${join(parts, "report.html")}\n`);
    assert.equal(readdirSync(parts), ["checkpoint.safetensors", "report.html"]);
    const report = readFileSync(join(parts, "report.html"), "utf8");
    assert.match(report, '"state":"aborted"');
    assert.match(report, `"iteration":${at},`);

    const more = String(Number(at) + 5);
    assert.is((await run(["--resume", "--out", parts, "--iterations", more])).code, 0);
    assert.is((await run([...common, "--iterations", more, "--out", straight])).code, 0);
    assert.ok(weightsOf(parts).equals(weightsOf(straight)));
  });
}

small("a second run in a folder ends before it begins, and the first one goes on", async ({ folder }) => {
  const data = writeData(join(folder, "data"));
  const out = join(folder, "out");
  const common = [...quick, "--data", data, "--out", out];
  const seconds: Promise<Awaited<ReturnType<typeof run>>>[] = [];
  const first = await run([...common, "--iterations", "1000000"], (child, stdout) => {
    if (seconds.length > 0 || !/epoch +3/.test(stdout)) return;
    seconds.push(run([...common, "--iterations", "10"]), run(["--resume", "--out", out]));
    void Promise.all(seconds).then(() => child.kill("SIGINT"));
  });
  for (const { code, stdout, stderr } of await Promise.all(seconds)) {
    assert.is(code, 130, stderr);
    assert.is(stdout, "");
    assert.match(stderr, /^interrupted before training: another run, process \d+, is at work in [^\n]*\n$/);
  }
  assert.is(first.code, 130);
  assert.match(first.stderr, /^interrupted at iteration \d+, saved in/);
  assert.equal(readdirSync(out), ["checkpoint.safetensors", "report.html"]);
  // What a killed run has left does not lock anybody out.
  writeFileSync(join(out, ".run.lock"), "999999999\n");
  assert.is((await run([...common, "--iterations", "10"])).code, 0);
  assert.not(existsSync(join(out, ".run.lock")));
});

small("--live says where the report is served, and serves it until the run is over", async ({ folder }) => {
  const out = join(folder, "out");
  const args = [...quick, "--data", writeData(join(folder, "data")), "--iterations", "1000000", "--out", out, "--live"];
  let page: Promise<string> | undefined;
  const { code, stderr } = await run(args, (child, stdout) => {
    const [, url] = /^Live report: (http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(stdout) ?? [];
    if (url === undefined || page !== undefined || !/epoch +3/.test(stdout)) return;
    page = fetch(url).then((response) => response.text());
    void page.finally(() => child.kill("SIGINT"));
  });
  assert.is(code, 130, stderr);
  assert.match((await page) ?? "", /<h1>[^<]*, 16-8-10<\/h1>[\s\S]*"state":"running"/);
  assert.match(stderr, new RegExp(`--out ${out} --resume$`, "m"));
});

small("an output that nobody reads is an interrupt", async ({ folder }) => {
  const out = join(folder, "out");
  const args = [...quick, "--data", writeData(join(folder, "data")), "--iterations", "1000000", "--out", out];
  const { code, stderr } = await run(args, (child, stdout) => {
    if (/epoch +3/.test(stdout)) child.stdout?.destroy();
  });
  assert.is(code, 130, stderr);
  assert.match(stderr, /^interrupted at iteration \d+, saved in [^\n]*\n$/);
});

small("a checkpoint is not resumed with other options, other data, or when it is damaged", async ({ folder }) => {
  const data = writeData(join(folder, "data"));
  const out = join(folder, "out");
  assert.is((await run([...quick, "--data", data, "--iterations", "20", "--out", out])).code, 0);
  const resume = ["--resume", "--out", out];
  const before = contents(out);
  const other = writeData(join(folder, "other"), { testLabels: idx(2049, [50], Buffer.alloc(50)) });
  await Promise.all([
    refused([...resume, "--lr", "0.5"], /--lr 0.5 contradicts the checkpoint.*--lr 0.1/),
    refused([...resume, "--hidden", "9"], /--hidden 9 contradicts/),
    refused([...resume, "--dtype", "float64"], /--dtype float64 contradicts/),
    refused([...resume, "--iterations", "19"], /--iterations 19 is less than the 20/),
    refused([...resume, "--data", other], /not the data of the checkpoint/),
    refused(["--resume", "--out", join(folder, "none")], /there is no checkpoint/),
  ]);
  assert.equal(contents(out), before);

  const file = join(out, "checkpoint.safetensors");
  const bytes = readFileSync(file);
  const damaged: [Buffer, RegExp][] = [
    [bytes.subarray(0, -1), /checkpoint\.safetensors: truncated/],
    [Buffer.alloc(0), /checkpoint\.safetensors: truncated/],
    [readFileSync(join(out, "weights.safetensors")), /is no checkpoint/],
    ...[
      ['"format"', '"farmat"'],
      ['\\"lr\\":0.1', '\\"lr\\":0.2'],
      ['\\"waited\\":0', '\\"waited\\":1'],
      ['\\"steps\\":8', '\\"steps\\":7'],
    ].map(([old = "", other = ""]): [Buffer, RegExp] => {
      const text = bytes.toString("latin1");
      assert.ok(text.includes(old), old);
      return [Buffer.from(text.replace(old, other), "latin1"), /is no checkpoint|corrupt: its values/];
    }),
    [Buffer.from(bytes).fill(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1), /corrupt: its values/],
  ];
  for (const [content, reason] of damaged) {
    writeFileSync(file, content);
    await refused(resume, reason);
    assert.ok(readFileSync(file).equals(content));
  }

  writeFileSync(file, bytes);
  assert.is((await run([...quick, "--data", data, "--iterations", "10", "--out", out])).code, 0);
  assert.ok(
    readFileSync(join(out, "checkpoint.previous.safetensors")).equals(bytes),
    "a new run keeps the old checkpoint",
  );
});

small("a loss that is not finite stops the run and names the step and the first bad value", async ({ folder }) => {
  const data = writeData(join(folder, "data"));
  const { code, stderr } = await run([
    ...quick,
    "--lr",
    "1e30",
    "--iterations",
    "40",
    "--data",
    data,
    "--out",
    join(folder, "out"),
  ]);
  assert.is(code, 1);
  assert.match(stderr, /^error: training stopped at step \d+: .*; the first bad value is (NaN|-?Infinity) in .*\n$/);
  assert.equal(readdirSync(join(folder, "out")), ["report.html"]);
});

small("MNIST itself is read and its gradients are verified", async ({ folder }) => {
  const { code, stdout, stderr } = await run(["--hidden", "4", "--iterations", "30", "--out", join(folder, "out")]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /MNIST \(MD5 of all four files verified\): 60000 training and 10000 test images of 28 x 28/);
  assert.match(stdout, /W1 +3136 /);
});

small.run();

/** The largest distance between elements of the same place in two networks; from zero, where only one is given. */
function farthest(a: NamedTensors, b?: NamedTensors): number {
  const distances = Object.entries(a).flatMap(([name, { data }]) =>
    Array.from(data, (value, i) => Math.abs(value - (b === undefined ? 0 : (b[name]?.data[i] ?? Number.NaN)))),
  );
  assert.ok(distances.length > 0);
  return Math.max(...distances);
}

function weightsOf(out: string): Buffer {
  return readFileSync(join(out, "weights.safetensors"));
}

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "base64")]));
}
