// What `npm start`, `npm test` and the other scripts of package.json call: does the set-up that is still to be done (on a
// fresh clone: install and build; afterwards nothing), then the work. Needs nothing but Node and npm.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = "", ...args] = process.argv.slice(2);

if (Number.parseInt(process.versions.node, 10) < 20)
  fail(`chainrule needs Node 20 or newer; this is ${process.versions.node}`);

const packages = ["core", "nn", "pictures", "pages", "examples"];
const tsc = bin("typescript", "bin/tsc");

const commands = {
  async start() {
    await setUp();
    await runProgram("packages/examples/dist/src/mnist/main.js");
  },
  async example() {
    await setUp();
    await runProgram("packages/examples/dist/src/run.js");
  },
  async test() {
    await setUp();
    await runProgram("tools/test.mjs");
  },
  async "test:browser"() {
    await setUp();
    for (const name of packages) {
      const folder = `packages/${name}/dist/test/browser`;
      const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
      for (const file of files.filter((each) => each.endsWith(".test.js"))) {
        run(["--conditions", "@chainrule/modules", `${folder}/${file}`]);
      }
    }
  },
  async build() {
    await setUp();
  },
  async check() {
    await setUp();
    run([tsc, "-b", ...packages.map((name) => `packages/${name}`)]);
    run([tsc, "-p", "packages/core/scripts"]);
    run([tsc, "-p", "packages/pages/client"]);
    run([bin("@biomejs/biome", "bin/biome"), "check", "."]);
  },
  async coverage() {
    await setUp();
    run([bin("c8", "bin/c8.js"), process.execPath, "tools/test.mjs", "--unit"]);
  },
  async fuzz() {
    await setUp();
    await runProgram("packages/core/dist/test/fuzz/main.js");
  },
  async bench() {
    await setUp();
    pnpm(["--dir", "packages/bench", "install", "--ignore-workspace", "--frozen-lockfile"], "packages/bench", [
      "packages/bench/package.json",
      "packages/bench/pnpm-lock.yaml",
    ]);
    const [table] = args;
    run(
      table === "gradbench" || table === "browser"
        ? [`packages/bench/${table}/main.mjs`, ...args.slice(1)]
        : ["packages/bench/bench.mjs", ...args],
    );
  },
  async site() {
    await setUp();
    // The site has it in a folder.
    buildPlayground();
    pnpm(["--dir", "docs/site", "install", "--ignore-workspace", "--frozen-lockfile"], "docs/site", [
      "docs/site/package.json",
      "docs/site/pnpm-lock.yaml",
    ]);
    // Rollup and Vue make much that is soon gone: with the usual young generation a fifth of the time is collecting it.
    run(["--max-semi-space-size=64", "docs/site/main.mjs", ...args]);
  },
  async mutate() {
    await setUp();
    pnpm(["--dir", "packages/mutate", "install", "--ignore-workspace", "--frozen-lockfile"], "packages/mutate", [
      "packages/mutate/package.json",
      "packages/mutate/pnpm-lock.yaml",
    ]);
    run(["packages/mutate/mutate.mjs", ...args]);
  },
  async playground() {
    await setUp();
    buildPlayground();
    if (args[0] === "build") return;
    if (args[0] === "test") run(["packages/playground/test/run.mjs"]);
    else await runProgram("packages/playground/build/main.mjs");
  },
};

/** Installs what the playground is made with, and builds it, unless nothing has changed since. */
function buildPlayground() {
  const folder = "packages/playground";
  pnpm(["--dir", folder, "install", "--ignore-workspace", "--frozen-lockfile"], folder, [
    `${folder}/package.json`,
    `${folder}/pnpm-lock.yaml`,
  ]);
  const files = [`${folder}/index.html`, `${folder}/pnpm-lock.yaml`];
  for (const part of ["src", "build"]) {
    files.push(
      ...readdirSync(join(root, folder, part), { recursive: true }).map((file) => `${folder}/${part}/${file}`),
    );
  }
  const stamp = hash([...sources(), ...files.sort()]);
  const file = join(root, folder, "dist/.built");
  if (existsSync(file) && readFileSync(file, "utf8") === stamp) return;
  console.error("Building the playground ...");
  run([`${folder}/build/build.mjs`]);
  writeFileSync(file, stamp);
}

async function setUp() {
  install();
  await build();
}

function install() {
  pnpm(["install", "--frozen-lockfile"], ".", [
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    ...packages.map((name) => `packages/${name}/package.json`),
  ]);
}

/** Runs the pinned pnpm in a folder, unless it has run there since one of the files changed. */
function pnpm(parameters, folder, files) {
  const stamp = hash(files);
  const file = join(root, folder, "node_modules/.installed");
  if (existsSync(file) && readFileSync(file, "utf8") === stamp) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.error(`Installing with ${packageManager} ...`);
  // Output goes to stderr, so that stdout is the program's alone. Windows starts npx through a shell only.
  const { status, error } = spawnSync("npx", ["--yes", packageManager, ...parameters], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
    env: { ...process.env, CI: "true" },
  });
  if (error || status !== 0)
    fail(`the installation failed${error ? `: ${error.message}` : ""}; is the npm registry reachable?`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp);
}

/** Builds, unless nothing has changed since the last build. The stamp goes first: half a build is none. */
async function build() {
  const stamp = hash(sources());
  const file = join(root, "packages/core/dist/.built");
  if (existsSync(file) && readFileSync(file, "utf8") === stamp) return;
  rmSync(file, { force: true });
  console.error("Building ...");
  const { buildAll } = await import("./build.mjs");
  if (!(await buildAll())) process.exit(1);
  writeFileSync(file, stamp);
}

/** What a build prints. */
const printed = [
  "packages/core/src/loops/generated.ts",
  "packages/core/src/ops/methods.ts",
  "packages/pages/src/clients.ts",
];

/** All that a build depends on. */
function sources() {
  const files = ["tsconfig.base.json", "tools/build.mjs", "tools/bundle.mjs", "pnpm-lock.yaml"];
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (!printed.includes(path)) files.push(path);
    }
  };
  for (const name of packages) {
    files.push(`packages/${name}/tsconfig.json`);
    for (const part of ["src", "test", "scripts", "client"])
      if (existsSync(join(root, "packages", name, part))) visit(`packages/${name}/${part}`);
  }
  return files;
}

function hash(files) {
  const digest = createHash("sha256");
  for (const file of files) {
    const path = join(root, file);
    digest.update(`${file}\n`);
    if (existsSync(path) && statSync(path).isFile()) digest.update(readFileSync(path));
  }
  return digest.digest("hex");
}

/** Runs a program of ours in this process, so that it gets the signals and its exit code is ours. */
async function runProgram(file) {
  const path = join(root, file);
  process.argv = [process.execPath, path, ...args];
  await import(pathToFileURL(path).href);
}

function run(parameters) {
  const { status } = spawnSync(process.execPath, parameters, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function bin(name, path) {
  return join(root, "node_modules", name, path);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const work = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (work === undefined) fail(`unknown command "${command}"; there are ${Object.keys(commands).join(", ")}`);
await work();
