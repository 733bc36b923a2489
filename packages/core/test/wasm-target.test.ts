import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { relaxedSimd } from "../src/wasm/features.js";
import { tilesOf } from "../src/wasm/gemm-tile.js";

// What is chosen is chosen once in a process: each case is one of its own.
const test = suite("what code is written for");

const core = JSON.stringify(new URL("../src/index.js", import.meta.url).href);

/** What a program prints, whether it ends well or not. */
async function run(program: string, variables: Readonly<Record<string, string>> = {}) {
  const { CHAINRULE_RELAXED: _relaxed, CHAINRULE_WIDE: _wide, ...others } = process.env;
  const given = ["--input-type=module", "--eval", program];
  const ended = promisify(execFile)(process.execPath, given, { env: { ...others, ...variables } });
  return ended.catch((error: { readonly stdout: string; readonly stderr: string }) => error);
}

/** Of a product in eager mode and compiled with several options: whether it is the plain sum of products, each rounded. */
const products = `
  import { compile, Random } from ${core};
  const [m, k, n] = [40, 50, 60];
  const random = new Random(1);
  const [x, y] = [random.normal([m, k]), random.normal([k, n])];
  const sums = Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let p = 0; p < k; p++) sum += x.data[i * k + p] * y.data[p * n + j];
    return sum;
  });
  const multiply = (a, b) => a.matmul(b);
  const isPlain = (f) => {
    try {
      return f(x, y).data.every((value, at) => value === sums[at]);
    } catch (error) {
      return error.name + ": " + error.message;
    }
  };
  console.log(JSON.stringify([multiply, compile(multiply), compile(multiply, { relaxed: true }), compile(multiply, { relaxed: false })].map(isPlain)));
`;

const resultsOf = async (value: string, before = ""): Promise<readonly (boolean | string)[]> => {
  const { stdout, stderr } = await run(before + products, { CHAINRULE_RELAXED: value });
  assert.is.not(stdout, "", stderr);
  return JSON.parse(stdout);
};

const isThere = relaxedSimd().available;

test("CHAINRULE_RELAXED=0: eager and compiled products round every product and every sum, and nobody may ask for others", async () => {
  const [eager, compiled, relaxed, plain] = await resultsOf("0");
  assert.equal([eager, compiled, plain], [true, true, true]);
  assert.match(String(relaxed), /CompileError: the option relaxed: true .* CHAINRULE_RELAXED=0 forbids/);
});

test("without it and with 1 products are fused where that can be; elsewhere 1 and the option are errors", async () => {
  const [free, one] = await Promise.all(["", "1"].map((value) => resultsOf(value)));
  if (isThere) {
    assert.equal(free, [false, false, false, true]);
    assert.equal(one, free);
    return;
  }
  assert.equal(free?.slice(0, 2), [true, true]);
  assert.match(
    String(free?.[2]),
    /CompileError: the option relaxed: true asks for fused multiply-add, and .*no relaxed SIMD/,
  );
  for (const each of one?.slice(0, 2) ?? [])
    assert.match(
      String(each),
      /CompileError: the environment variable CHAINRULE_RELAXED=1 asks for fused multiply-add/,
    );
  assert.is(one?.[3], true);
});

test("configureKernels says it for eager mode and for programs; the option of a program goes first", async () => {
  const configure = `import { configureKernels } from ${core}; configureKernels({ relaxed: false });`;
  const [eager, compiled, relaxed, plain] = await resultsOf("", configure);
  assert.equal([eager, compiled, plain], [true, true, true]);
  if (isThere) assert.is(relaxed, false);
  const { stderr } = await run(configure, { CHAINRULE_RELAXED: "1" });
  assert.match(
    stderr,
    isThere ? /CompileError: .*contradicts .*CHAINRULE_RELAXED=1/ : /CompileError: .*CHAINRULE_RELAXED=1 asks/,
  );
});

test("what is wrong or comes too late is an error", async () => {
  const cases = [
    [
      "import { eye } from CORE; eye(30).matmul(eye(30));",
      { CHAINRULE_RELAXED: "off" },
      /CompileError: .*CHAINRULE_RELAXED is "off"; set it to 0 or 1/,
    ],
    [
      "import { compileSupport } from CORE; compileSupport().wide;",
      { CHAINRULE_WIDE: "2" },
      /CompileError: .*CHAINRULE_WIDE is "2"/,
    ],
    [
      "import { configureKernels, eye } from CORE; eye(30).matmul(eye(30)); configureKernels({ wide: true });",
      {},
      /CompileError: configureKernels: wide comes too late/,
    ],
    ["import { configureKernels } from CORE; configureKernels({ wider: true });", {}, /did you mean wide\?/],
    ["import { configureKernels } from CORE; configureKernels({ relaxed: 1 });", {}, /relaxed/],
    [
      "import { configureKernels } from CORE; process.getBuiltinModule = undefined; configureKernels({ wide: true });",
      {},
      /CompileError: .*wide vectors are an option of V8/,
    ],
  ] as const;
  const found = await Promise.all(cases.map(([program, env]) => run(program.replace("CORE", core), env)));
  for (const [i, { stderr }] of found.entries()) assert.match(stderr, cases[i]?.[2] as RegExp);
});

test("fresh processes make one choice, of what there is", async () => {
  const target = JSON.stringify(new URL("../src/wasm/target.js", import.meta.url).href);
  const program = `import { targetOf } from ${target}; console.log(JSON.stringify(targetOf()));`;
  const chosen = new Map<string, number>();
  // Where there is no choice, a few; and as many less as other suites draw less.
  let left = isThere ? Math.ceil(100 * Number(process.env["FC_RUNS"] ?? 1)) : 10;
  const worker = async () => {
    while (left-- > 0) {
      const { stdout, stderr } = await run(program);
      assert.is(stderr, "");
      const { relaxed, tile } = JSON.parse(stdout);
      assert.ok(
        tilesOf(relaxed, false).some((each) => each.rows === tile.rows && each.vectors === tile.vectors),
        stdout,
      );
      chosen.set(relaxed, (chosen.get(relaxed) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  assert.is(chosen.size, 1, JSON.stringify([...chosen]));
});

test.run();
