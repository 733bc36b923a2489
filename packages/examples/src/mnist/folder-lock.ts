import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inTheWay } from "@chainrule/nn/node";
import { reasonOf, Stop } from "./stop.js";

/**
 * Keeps other runs out of a folder: two of them would write over each other's checkpoints. The lock is a file with the number
 * of the process; one that was left by a process which is no longer there does not count.
 *
 * @returns what gives the folder free again
 * @throws Stop (130), as an interrupt does, where another run is at work in the folder
 */
export function lockFolder(out: string): () => void {
  const file = join(out, ".run.lock");
  if (!create(file, out)) {
    const owner = ownerOf(file, out);
    if (owner === null || isRunning(owner)) throw taken(out, file, owner);
    rmSync(file, { force: true });
    if (!create(file, out)) throw taken(out, file, null);
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  return () => {
    process.off("exit", release);
    release();
  };
}

/** False where the file is there already. It has the number in it from the start: it is written under another name first. */
function create(file: string, out: string): boolean {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    rmSync(temporary, { force: true });
    const number = `${process.pid}\n`;
    writeFileSync(temporary, number, { flag: "wx" });
    try {
      linkSync(temporary, file);
    } catch (error) {
      // Some file systems have no links.
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
      writeFileSync(file, number, { flag: "wx" });
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Stop(2, `--out ${out}: cannot be written to: ${reasonOf(error)}`);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The process that a lock is of; `null` where it does not say so, and 0 where it has been given free since. */
function ownerOf(file: string, out: string): number | null {
  const kind = inTheWay(file);
  if (kind !== null) throw new Stop(2, `${file}: is in the way: it is ${kind}`);
  try {
    const text = readFileSync(file, "utf8");
    return /^\d+\n$/.test(text) ? Number(text) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw new Stop(2, `--out ${out}: cannot be written to: ${reasonOf(error)}`);
  }
}

/** Whether there is a process of this number, other than this one. */
function isRunning(id: number): boolean {
  if (!(id > 0) || id === process.pid) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // There is one, but of another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function taken(out: string, file: string, owner: number | null): Stop {
  const who = owner === null ? "" : `, process ${owner},`;
  return new Stop(
    130,
    `interrupted before training: another run${who} is at work in ${out}, where nothing was changed; wait for it, or give another ` +
      `--out (if there is no such run, delete ${file})`,
  );
}
