import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { checkNoMore } from "@chainrule/core";
import { checkBytes, checkText, DataError } from "../data/errors.js";
import { decodeSafetensors, encodeSafetensors, type TensorFile } from "../data/safetensors.js";
import type { NamedTensors } from "../layers/layer.js";

/**
 * Writes tensors (and texts about them) to a file in the safetensors format, as `writeFileAtomically` does.
 *
 * @example
 * saveTensors("w.safetensors", { w: tensor([1, 2]) }, { step: "100" });
 * loadTensors("w.safetensors").metadata.step; // "100"
 *
 * @throws DataError when it cannot be written.
 */
export function saveTensors(
  path: string,
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
  ...none: []
): void {
  checkNoMore("saveTensors", none);
  checkText("saveTensors", "the path of a file", path);
  writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads a file in the safetensors format.
 *
 * @example
 * saveTensors("w.safetensors", { w: tensor([1, 2]) });
 * loadTensors("w.safetensors").tensors.w.toArray(); // [1, 2]
 *
 * @throws DataError, with the name of the file, when it cannot be read or is not what it should be.
 */
export function loadTensors(path: string, ...none: []): TensorFile {
  checkNoMore("loadTensors", none);
  checkText("loadTensors", "the path of a file", path);
  return decodeSafetensors(readBytes(path), path);
}

/** All bytes of a file. What is no file (a pipe, a device, a folder) is refused: it may have no end. */
export function readBytes(path: string): Uint8Array {
  checkText("readBytes", "the path of a file", path);
  let file: number | undefined;
  try {
    // Where a pipe is opened to be read, the call would wait for a writer. Windows has no such flag, and no such pipes.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, and no file`);
    return readFileSync(file);
  } catch (cause) {
    throw fileError(path, "cannot be read", cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export function kindOf(stats: Stats): string {
  if (stats.isFile()) return "a file";
  if (stats.isSymbolicLink()) return "a link to nothing";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

export function fileError(path: string, what: string, cause: unknown): DataError {
  return new DataError(`${path}: ${what}: ${(cause as Error).message}`, { cause });
}

/**
 * What stands where a file is to be written and cannot be replaced by one, in a few words: `"a folder"`, `"a pipe"`,
 * `"a link to nothing"`; `null` for a file, a link to one, and for nothing at all.
 *
 * @example
 * inTheWay("."); // "a folder"
 *
 * @throws DataError for a path that can be none.
 */
export function inTheWay(path: string, ...none: []): string | null {
  checkNoMore("inTheWay", none);
  checkText("inTheWay", "the path of a file", path);
  // A link is followed; of one to nothing, and of a circle of them, only the link itself is there.
  try {
    const stats = followed(path) ?? lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined || stats.isFile() ? null : kindOf(stats);
  } catch (cause) {
    throw fileError(path, "cannot be written", cause);
  }
}

function followed(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Writes a text (as UTF-8) or bytes to a file, all or nothing: under a temporary name in the same folder, which is then
 * renamed. Whatever happens on the way, `path` holds all of the old file or all of the new one. A file that is there keeps its
 * mode, and a link to one stays: the file that it leads to is replaced. What is no file (a pipe, a device, a folder) is refused.
 *
 * @example
 * const { readFileSync } = await import("node:fs");
 * writeFileAtomically("a.txt", "all of it");
 * readFileSync("a.txt", "utf8"); // "all of it"
 *
 * @throws DataError, with the name of the file, when it cannot be written.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, ...none: []): void {
  checkNoMore("writeFileAtomically", none);
  checkText("writeFileAtomically", "the path of a file", path);
  if (typeof content !== "string") checkBytes("writeFileAtomically", content, path);
  let folder: string;
  let temporary: string | undefined;
  try {
    const kind = inTheWay(path);
    if (kind !== null) throw new Error(`it is ${kind}, and no file`);
    const old = statSync(path, { throwIfNoEntry: false });
    const target = old === undefined ? path : realpathSync(path);
    folder = dirname(target);
    const name = join(folder, `.${basename(target)}.${process.pid}.tmp`);
    // Left by a process of the same number, long ago; and not followed, if it is a link.
    rmSync(name, { force: true });
    const file = openSync(name, "wx");
    temporary = name;
    try {
      if (old !== undefined) fchmodSync(file, old.mode & 0o7777);
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(name, target);
  } catch (cause) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw fileError(path, "cannot be written", cause);
  }
  syncFolder(folder);
}

/**
 * Makes a folder, and those that it is in, where they are not there.
 *
 * @example
 * const { existsSync } = await import("node:fs");
 * makeFolder("a/b");
 * existsSync("a/b"); // true
 *
 * @throws DataError, with the name of the folder, when it cannot be made.
 */
export function makeFolder(path: string, ...none: []): void {
  checkNoMore("makeFolder", none);
  checkText("makeFolder", "the path of a folder", path);
  // One after the other: mkdir's own recursion never ends where a parent is there and takes no folders, as in /proc.
  const make = (folder: string): void => {
    if (existsSync(folder)) return;
    make(dirname(folder));
    mkdirSync(folder);
  };
  try {
    make(resolve(path));
  } catch (cause) {
    throw fileError(path, "cannot be made", cause);
  }
}

/** Makes the new name last, too; a system that cannot do that for folders has done all it can. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {}
}
