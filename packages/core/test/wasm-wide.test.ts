import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";

// V8 packs vectors as an experiment: all bits have to be what they are without.

const program = fileURLToPath(new URL("support/digests.js", import.meta.url));

/** With all optimizations from the start: they are what packs. */
const optimized = ["--no-liftoff", "--no-wasm-lazy-compilation"];

async function lines(wide: "0" | "1"): Promise<readonly string[]> {
  const env = { ...process.env, CHAINRULE_WIDE: wide, CHAINRULE_VERIFY: "0" };
  const { stdout } = await promisify(execFile)(process.execPath, [...optimized, program], { env });
  return stdout.trim().split("\n");
}

/** The option that asks for it from the start: this Node may not know it. */
const { status } = spawnSync(process.execPath, ["--experimental-wasm-revectorize", "--version"]);

test("programs give the same bits with vectors packed as without", async () => {
  if (status !== 0) {
    console.log("\n   this Node cannot pack vectors");
    return;
  }
  const [narrow, wide] = await Promise.all([lines("0"), lines("1")]);
  const [usual, packed] = [narrow.at(-1), wide.at(-1)];
  assert.ok(narrow.length > 200, `${narrow.length} lines`);
  assert.equal(
    wide.slice(0, -1).filter((line) => !narrow.includes(line)),
    [],
  );
  assert.is(wide.length, narrow.length);
  console.log(`\n   ${usual}; packed: ${packed}`);
});

test.run();
