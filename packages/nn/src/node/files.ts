import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DataError } from "../data/errors.js";
import { decodeSafetensors, encodeSafetensors, type TensorFile } from "../data/safetensors.js";
import type { NamedTensors } from "../layers/layer.js";

/**
 * Writes tensors (and texts about them) to a file in the safetensors format, as `writeFileAtomically` does.
 *
 * @throws DataError when it cannot be written.
 */
export function saveTensors(
  path: string,
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeFileAtomically(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads a file in the safetensors format.
 *
 * @throws DataError, with the name of the file, when it cannot be read or is not what it should be.
 */
export function loadTensors(path: string): TensorFile {
  return decodeSafetensors(readBytes(path), path);
}

export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fileError(path, "cannot be read", cause);
  }
}

export function fileError(path: string, what: string, cause: unknown): DataError {
  return new DataError(`${path}: ${what}: ${(cause as Error).message}`, { cause });
}

/**
 * Writes a text (as UTF-8) or bytes to a file, all or nothing: under a temporary name in the same folder, which is then
 * renamed. Whatever happens on the way, `path` holds all of the old file or all of the new one.
 *
 * @throws DataError, with the name of the file, when it cannot be written.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  let made = false;
  try {
    const file = openSync(temporary, "w");
    made = true;
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    if (made) rmSync(temporary, { force: true });
    throw fileError(path, "cannot be written", cause);
  }
  syncFolder(folder);
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
