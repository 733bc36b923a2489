import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

/*
 * What must compile and what must not: the files of test/types. A line of a `.fail.ts` file that ends with `// error:
 * <text>` must not compile, with that text in the compiler's message; all other lines must.
 */
const folder = fileURLToPath(new URL("../../test/types/", import.meta.url));
const compiler = join(folder, "../../../../node_modules/typescript/bin/tsc");
const { stdout, error } = spawnSync(process.execPath, [compiler, "-p", folder, "--pretty", "false"], {
  cwd: folder,
  encoding: "utf8",
});

/** The compiler's messages, with their continuation lines, by file and line. */
const messages = new Map<string, string>();
let place = "";
for (const line of stdout.split("\n")) {
  const [, file, number, text] = /^(\S[^(]*)\((\d+),\d+\): error (.*)/.exec(line) ?? [];
  if (file !== undefined) place = `${file}:${number}`;
  messages.set(place, `${messages.get(place) ?? ""}${text ?? line}\n`);
}
messages.delete("");

test("the compiler runs", () => {
  assert.is(error, undefined);
});

for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
  test(`types: ${file}`, () => {
    let expectations = 0;
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .forEach((line, i) => {
        const message = messages.get(`${file}:${i + 1}`);
        messages.delete(`${file}:${i + 1}`);
        const [, expected] = /\/\/ error: (.*)$/.exec(line) ?? [];
        if (expected === undefined) {
          assert.is(message, undefined, `${file}:${i + 1} does not compile:\n${message}`);
          if (line.startsWith("expect")) expectations++;
        } else {
          assert.ok(
            message?.includes(expected),
            `${file}:${i + 1}: expected the error "${expected}", got ${message ?? "none"}`,
          );
          expectations++;
        }
      });
    assert.ok(expectations > 0);
  });
}

test("types: no other file has errors", () => {
  assert.equal([...messages], []);
});

test.run();
