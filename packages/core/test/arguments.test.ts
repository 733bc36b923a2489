import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fuzzArguments } from "./fuzz/arguments.js";

// What wrong arguments come to: an error that says what was wrong, never a bare TypeError, a call without end or a crash.

test("calls of all that is exported, with wrong arguments, end in a result or in an error that names it", async () => {
  // Each callable once; `npm run fuzz` goes on from there.
  const { findings, calls } = await fuzzArguments({ seed: 20261129, cases: 1500 });
  assert.ok(calls > 1000, `${calls}`);
  assert.equal(findings, []);
});

/** Runs programs one after the other in a process with little memory and time, and gives what each came to. */
function outcomes(programs: readonly string[]): string[] {
  const index = new URL("../src/index.js", import.meta.url).href;
  const text = `
    import * as core from ${JSON.stringify(index)};
    const { tensor, zeros, ones, eye, arange, linspace, stack, concat, compile, grad, variable, Random } = core;
    const deep = (wrap) => { let value = 1; for (let i = 0; i < 20000; i++) value = wrap(value); return value; };
    const cyclic = []; cyclic.push(cyclic);
    const ring = {}; ring.self = ring;
    const revoked = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; };
    const say = (text) => console.log(JSON.stringify(text));
    const told = (error) => error instanceof core.ChainruleError ? error.name + ": " + error.message : "bare " + error.stack;
    ${programs.map((program) => `try { say("gave " + (${program})); } catch (error) { say(told(error)); }`).join("\n")}
  `;
  const flags = ["--max-old-space-size=1024", "--input-type=module", "-e", text];
  // Without the checks of the compiler, which compare all buffers with each other.
  const env = { ...process.env, CHAINRULE_VERIFY: "0" };
  const options = { encoding: "utf8", timeout: 120_000, env } as const;
  const { stdout, signal, status, stderr } = spawnSync(process.execPath, flags, options);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as string);
  return programs.map((_, i) => lines[i] ?? `the process ended: ${signal ?? status} ${stderr.slice(-500)}`);
}

const fatal: readonly (readonly [program: string, result: RegExp])[] = [
  ["tensor(cyclic)", /^ShapeError: tensor: arrays nested more than 64 deep/],
  ["tensor(deep((inner) => [inner]))", /^ShapeError: tensor: arrays nested more than 64 deep/],
  ["tensor([1, cyclic])", /^DTypeError|^ShapeError/],
  ["tensor([1, 2]).take(cyclic)", /^ShapeError: take: arrays nested/],
  ["variable(1).assign(cyclic)", /^ShapeError: assign: arrays nested/],
  ["zeros(cyclic)", /^ShapeError: zeros: .* is no shape/],
  ["zeros(new Array(20000).fill(1))", /^ShapeError: zeros: a shape of 20000 axes; a tensor has 64 at most/],
  ["zeros([2 ** 40])", /^ShapeError: zeros: 1099511627776 elements of float64 take .* GiB, for which there is no room/],
  ["zeros([2 ** 53, 2 ** 53])", /^ShapeError: zeros: /],
  ["ones([1e6, 1e6], { dtype: 'bool' })", /^ShapeError: ones: 1000000000000 elements of bool/],
  ["eye(1e6)", /^ShapeError: eye: 1000000000000 elements of float64/],
  ["arange(1e12)", /^ShapeError: arange: 1000000000000 elements/],
  ["linspace(0, 1, 1e12)", /^ShapeError: linspace: 1000000000000 elements/],
  ["tensor(1).broadcastTo(1e6, 1e6)", /^ShapeError: BroadcastTo: 1000000000000 elements/],
  ["tensor([1, 2]).tile(1e12)", /^ShapeError: BroadcastTo: 2000000000000 elements/],
  ["tensor([1]).pad([[0, 1e12]])", /^ShapeError: Pad: 1000000000001 elements/],
  ["tensor([1], { dtype: 'int32' }).oneHot(1e12)", /^ShapeError: OneHot: 1000000000000 elements/],
  ["new Random(1).normal(1e12)", /^ChainruleError|^ShapeError/],
  ["stack(Array.from({ length: 200_000 }, () => tensor(1))).shape", /^gave 200000$/],
  ["concat(Array.from({ length: 200_000 }, () => tensor([1]))).shape", /^gave 200000$/],
  ["stack(new Array(200_000).fill(1)).sum().item()", /^gave 200000$/],
  ["compile((list) => stack(list).sum())(new Array(20_000).fill(tensor(1))).item()", /^gave 20000$/],
  ["core.split(zeros([0]), 2 ** 40)", /^ShapeError: split: 1099511627776 parts of \[0\], which has no elements/],
  ["zeros([2]).sum({ ['x'.repeat(1e6)]: 1 })", /^ChainruleError: Sum: unknown option x+\.\.\.; there are/],
  ["zeros([2 ** 40, 3, 0]).sum([0, 2]).toArray()", /^gave 0,0,0$/],
  ["zeros([2 ** 40, 3, 0]).prod([0, 2]).toArray()", /^gave 1,1,1$/],
  ["core.show(revoked())", /^gave an object that cannot be looked at$/],
  ["core.noGrad(() => (revoked(), 1))", /^gave 1$/],
  ["typeof core.noGrad(revoked)", /^gave object$/],
  [
    "typeof core.noGrad(() => Object.defineProperty({}, 'then', { get: () => { throw new Error('no'); } }))",
    /^gave object$/,
  ],
  ["new core.Tensor()", /^ShapeError: Tensor: a shape is a list of sizes/],
  ["tensor(1).derive()", /^ShapeError: Tensor: a shape is a list of sizes/],
  ["grad((x) => x)(cyclic)", /^\w+Error: grad: /],
  ["grad((x) => x)(ring)", /^\w+Error: grad: /],
  ["grad((x) => x)(deep((inner) => ({ inner })))", /^\w+Error: grad: /],
  ["compile((x) => x)(cyclic)", /^\w+Error: compile: /],
  ["compile((x) => x)(deep((inner) => [inner]))", /^\w+Error: compile: /],
  ["compile((x) => ring)(tensor(1))", /^\w+Error: compile: /],
];

test("what has no elements takes no time, whatever the other sizes are", () => {
  const support = new URL("./support/empty-shapes.js", import.meta.url).href;
  const index = new URL("../src/index.js", import.meta.url).href;
  const text = `
    import * as core from ${JSON.stringify(index)};
    import { callsOnEmpty } from ${JSON.stringify(support)};
    import { writeSync } from "node:fs";
    // Written at once: a call that does not end is the last one that was begun.
    const begin = process.env.SAY === "1" ? (call) => writeSync(2, call + "\\n") : () => undefined;
    console.log(JSON.stringify(callsOnEmpty(core, begin)));
  `;
  const flags = ["--max-old-space-size=1024", "--input-type=module", "-e", text];
  const run = (SAY: string, timeout: number) =>
    spawnSync(process.execPath, flags, { encoding: "utf8", timeout, env: { ...process.env, SAY }, maxBuffer: 2 ** 28 });
  const { stdout, status } = run("0", 100_000);
  if (status !== 0) assert.unreachable(`does not end: ${run("1", 100_000).stderr.trim().split("\n").at(-1)}`);
  const { count, bare } = JSON.parse(stdout) as { count: number; bare: string[] };
  assert.ok(count > 3000, `${count}`);
  assert.equal(bare, []);
});

const found = outcomes(fatal.map(([program]) => program));

for (const [i, [program, result]] of fatal.entries()) {
  test(program, () => {
    assert.match(found[i] ?? "", result);
  });
}

test.run();
