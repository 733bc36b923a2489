// Packs what is published, with npm and with pnpm, installs it into an empty project, and uses it there as a stranger would: a program
// of modules, one that requires them, and the type checker, which looks into the declarations, too. Prints how many checks passed.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const names = ["core", "nn", "pictures", "pages"];
const { packageManager, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What core may weigh, packed. */
const MOST_BYTES = 440_000;

const files = {
  "program.ts": `
import * as assert from "node:assert/strict";
import { compile, detectAnomaly, grad, mul, Random, Tensor, tensor, variable } from "@chainrule/core";
import { useFastKernels } from "@chainrule/core/fast";
import { graphs } from "@chainrule/core/testing";
import { accuracy, Affine, ReLU, Sequential, SGD, softmaxWithLoss, trainStep } from "@chainrule/nn";
import { CheckpointFile } from "@chainrule/nn/node";
import { toSvg } from "@chainrule/pictures";
import fc from "fast-check";

assert.equal(grad((x) => mul(x, x))(3).item(), 6);
const random = new Random(42);
const network = new Sequential([new Affine(2, 8, { random }), new ReLU(), new Affine(8, 2, { random })]);
const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const labels = tensor([0, 1, 1, 0], { dtype: "int32" });
const step = trainStep(() => softmaxWithLoss(network.forward(x), labels), new SGD(network, { lr: 0.5 }));
for (let i = 0; i < 1000; i++) step();
assert.equal(accuracy(network.forward(x), labels), 1);
assert.deepEqual(compile((x: Tensor) => x.square())(tensor([1, 2, 3])).toArray(), [1, 4, 9]);
assert.match(toSvg(variable(2, { name: "apple" }).square()), /^<svg/);
assert.ok(fc.sample(graphs(), 1)[0]?.inputs[0] instanceof Tensor);
assert.equal(useFastKernels(), null);
assert.equal(typeof CheckpointFile, "function");
function userLine() {
  return tensor(-1).log();
}
assert.throws(() => detectAnomaly(userLine), /made at userLine \\(.*program\\.js/);
`,
  "mismatch.ts": `
import { tensor } from "@chainrule/core";

// @ts-expect-error: the types know the shapes
tensor([[1, 2]]).matmul(tensor([[1, 2, 3]]));
`,
  "program.cjs": `
const { mul, Random, Tensor, tensor } = require("@chainrule/core");
const { Affine } = require("@chainrule/nn");
const y = new Affine(2, 3, { random: new Random(1) }).forward(tensor([[1, 2]]));
if (mul(2, 3).item() !== 6 || !(y instanceof Tensor)) throw new Error("another core");
`,
};

let passed = 0;
let failed = 0;

/** Counts a check, of which nothing is printed unless it fails. */
function check(what, isRight, output = "") {
  if (isRight) passed++;
  else {
    failed++;
    console.log(`FAIL ${what}\n${output}`);
  }
}

function run(command, parameters, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    cwd,
    encoding: "utf8",
    // npm starts through a shell on Windows only.
    shell: process.platform === "win32" && command !== process.execPath,
    env: { ...process.env, CI: "true" },
  });
  return { status, output: `${error ?? ""}${stdout}${stderr}` };
}

function checkRun(what, command, parameters, cwd) {
  const { status, output } = run(command, parameters, cwd);
  check(what, status === 0, output);
  return status === 0;
}

const packers = {
  npm: { pack: ["npm", "pack", "--pack-destination"], install: ["npm", "install", "--no-audit", "--no-fund"] },
  pnpm: {
    pack: ["npx", "--yes", packageManager, "pack", "--pack-destination"],
    install: ["npx", "--yes", packageManager, "install", "--ignore-workspace", "--no-frozen-lockfile"],
  },
};

/** What an installed package says of itself: no range that only this repository knows, no link to what is not beside it. */
function checkPackage(what, folder) {
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  check(`${what}: its manifest`, !/"(workspace|link|file|catalog):/.test(manifest), manifest);
  for (const page of ["README.md", "CHANGELOG.md"]) {
    const links = [...readFileSync(join(folder, page), "utf8").matchAll(/\]\((?!https:|#)([^)#]+)/g)].map(
      ([, to]) => to,
    );
    const lost = links.filter((to) => to.includes("..") || !existsSync(join(folder, to)));
    check(`${what}: links of its ${page}`, lost.length === 0, lost.join("\n"));
  }
}

function checkTypes(what, project, moduleResolution, rest) {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023"],
    module: moduleResolution === "bundler" ? "preserve" : moduleResolution,
    moduleResolution,
    strict: true,
    skipLibCheck: false,
    types: ["node"],
    ...rest,
  };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["program.ts", "mismatch.ts"] }),
  );
  checkRun(what, process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], project);
}

/** What `require` does: it loads the modules where Node can, and else says what to do instead. */
function checkRequire(what, project) {
  const { status, output } = run(process.execPath, ["program.cjs"], project);
  if (process.features.require_module) check(what, status === 0, output);
  else check(what, /ERR_REQUIRE_ESM/.test(output) && /dynamic import\(\)/.test(output), output);
}

function checkPacker(name, { pack, install }, folder) {
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs);
  for (const each of names)
    if (!checkRun(`${name} packs ${each}`, pack[0], [...pack.slice(1), tarballs], join(root, "packages", each))) return;
  const tarball = (each) =>
    join(
      tarballs,
      readdirSync(tarballs).find((file) => file.startsWith(`chainrule-${each}-`)),
    );
  const { size } = statSync(tarball("core"));
  check(`${name}: core packed takes at most ${MOST_BYTES} bytes`, size <= MOST_BYTES, `${size}`);

  const project = join(folder, "project");
  mkdirSync(project);
  const dependencies = Object.fromEntries(names.map((each) => [`@chainrule/${each}`, `file:${tarball(each)}`]));
  // What one package needs of another one is not in the registry.
  const overrides = { ...dependencies };
  for (const each of ["@types/node", "fast-check"]) dependencies[each] = devDependencies[each];
  const manifest = { private: true, type: "module", dependencies, ...(name === "pnpm" && { pnpm: { overrides } }) };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
  if (!checkRun(`${name} installs`, install[0], install.slice(1), project)) return;
  for (const each of names) checkPackage(`${each} by ${name}`, join(project, "node_modules/@chainrule", each));
  checkTypes(`types by ${name}, nodenext`, project, "nodenext");
  checkTypes(`types by ${name}, bundler`, project, "bundler", { noEmit: true });
  checkRun(`a program of modules by ${name}`, process.execPath, ["program.js"], project);
  checkRequire(`a program that requires by ${name}`, project);
}

const folder = mkdtempSync(join(tmpdir(), "packages-"));
try {
  for (const [name, packer] of Object.entries(packers)) {
    mkdirSync(join(folder, name));
    checkPacker(name, packer, join(folder, name));
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
