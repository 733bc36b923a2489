// A list of checks that run one after the other, and what came of them.
let passed = 0;
let failed = 0;

/** Runs a check: it passes when it does not throw. */
export async function check(name, run) {
  try {
    await run();
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n${String(error?.message ?? error).replaceAll(/^/gm, "  ")}`);
  }
}

/** Fails with all that is in a list. */
export function none(list, what) {
  if (list.length > 0) throw new Error(`${what}:\n${list.slice(0, 40).join("\n")}${list.length > 40 ? "\n..." : ""}`);
}

export function same(actual, expected) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${a}\nis not\n${e}`);
}

/** The line that tools/test.mjs counts. */
export function report() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
