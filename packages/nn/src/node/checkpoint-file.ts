import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { checkNoMore, show, type Tensor } from "@chainrule/core";
import { checkText, DataError } from "../data/errors.js";
import type { TensorFile } from "../data/safetensors.js";
import type { NamedTensors } from "../layers/layer.js";
import type { CheckpointStore } from "../training/trainer-options.js";
import { fileError, loadTensors, makeFolder, saveTensors } from "./files.js";

/**
 * A file for the snapshots of a `Trainer`: safetensors, with a digest of all that is in it, so that a file that was damaged on the
 * disk is told from a good one: damaged weights are weights, too. It is written under another name first and then renamed.
 *
 * @example
 * const file = new CheckpointFile("out/checkpoint.safetensors");
 * file.path; // "out/checkpoint.safetensors"
 */
export class CheckpointFile implements CheckpointStore {
  readonly path: string;

  constructor(path: string, ...none: []) {
    checkNoMore("CheckpointFile", none);
    checkText("CheckpointFile", "the path of a file", path);
    this.path = path;
  }

  /**
   * Writes a snapshot; the folder is made if it is not there.
   *
   * @throws DataError when it cannot be written; the file is then what it was
   */
  save(snapshot: TensorFile, ...none: []): void {
    checkNoMore("CheckpointFile.save", none);
    if (typeof snapshot?.metadata !== "object" || typeof snapshot.tensors !== "object") {
      throw new DataError(`CheckpointFile.save: takes a snapshot, { tensors, metadata }, got ${show(snapshot)}`);
    }
    const { tensors, metadata } = snapshot;
    makeFolder(dirname(this.path));
    saveTensors(this.path, tensors, { ...metadata, digest: digestOf(tensors, metadata) });
  }

  /**
   * What was saved last; `null` if there is no such file.
   *
   * @throws DataError for what is no file, or no checkpoint, or was damaged
   */
  load(...none: []): TensorFile | null {
    checkNoMore("CheckpointFile.load", none);
    if (!existsSync(this.path)) return null;
    const { tensors, metadata } = loadTensors(this.path);
    const { digest, ...texts } = metadata;
    if (digest === undefined) throw new DataError(`${this.path}: is no checkpoint: it has no digest`);
    if (digest !== digestOf(tensors, texts)) {
      throw new DataError(`${this.path}: corrupt: its values are not those that were saved`);
    }
    return { tensors, metadata: texts };
  }

  /**
   * Gives the file another name, so that a new run does not write over it: hours of work may be in it.
   *
   * @returns whether there was one
   * @throws DataError when it cannot be renamed
   */
  setAside(path: string, ...none: []): boolean {
    checkNoMore("CheckpointFile.setAside", none);
    checkText("CheckpointFile.setAside", "the path of a file", path);
    if (!existsSync(this.path)) return false;
    try {
      renameSync(this.path, path);
    } catch (cause) {
      throw fileError(this.path, `cannot be renamed to ${path}`, cause);
    }
    return true;
  }
}

function digestOf(tensors: NamedTensors, texts: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(texts).sort()) hash.update(`${JSON.stringify([name, texts[name]])}\n`);
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = (tensors[name] as Tensor).toTransfer();
    hash.update(`${JSON.stringify([name, dtype, shape])}\n`).update(data);
  }
  return hash.digest("hex");
}
