import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("python", import.meta.url));

/** One thread each, and no threads that spin while it is another's turn. */
export const oneThread = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** The first Python that has the module: the one of the path, or the system's, to which its packages belong. */
export function interpreterWith(module) {
  return ["python3", "/usr/bin/python3"].find(
    (python) => spawnSync(python, ["-c", `import ${module}`], { stdio: "ignore" }).status === 0,
  );
}

/** A value as JSON, but for its typed arrays, which go to files of the folder. */
function packed(value, files) {
  if (ArrayBuffer.isView(value)) {
    const file = join(files, String(readdirSync(files).length));
    writeFileSync(file, value);
    return { file, dtype: value.constructor.name.replace("Array", "").toLowerCase() };
  }
  if (Array.isArray(value)) return value.map((part) => packed(part, files));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, packed(part, files)]));
}

/** @typedef {NonNullable<Awaited<ReturnType<typeof startPython>>>} Python */

/**
 * A Python process that has the peer's contestants (see python/peer.py) and runs one repetition when asked, so that its
 * repetitions alternate with those of others. `null` where the module is not installed or may not be compared with.
 *
 * @param {"numpy" | "torch"} peer
 * @param {Record<string, string | undefined>} environment changes to it; `undefined` takes a variable away
 */
export async function startPython(peer, environment) {
  const python = interpreterWith(peer);
  if (python === undefined) return null;
  const child = spawn(python, [join(folder, "peer.py"), peer], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...oneThread, PYTHONDONTWRITEBYTECODE: "1", ...environment },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function ask(request) {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the process of ${peer} has ended: ${JSON.stringify(request)}`);
    const answer = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(`${peer}: ${answer.error}`);
    return answer.value;
  }

  const { versions, unfit } = await ask({ do: "describe" });
  if (unfit) {
    process.stderr.write(`${peer}: left out, ${unfit}\n`);
    child.stdin.end();
    return null;
  }
  return {
    versions,
    /** Makes a contestant of the class `name` of the peer's file; `dispose` lets its memory go. */
    async contestant(name, parameters) {
      const files = mkdtempSync(join(tmpdir(), "chainrule-bench-"));
      const id = await ask({ do: "make", name, parameters: packed(parameters, files) }).finally(() =>
        rmSync(files, { recursive: true }),
      );
      return {
        timed: () => ask({ do: "run", id }),
        result: () => ask({ do: "result", id }),
        dispose: () => ask({ do: "drop", id }),
      };
    },
    close: () => child.stdin.end(),
  };
}
