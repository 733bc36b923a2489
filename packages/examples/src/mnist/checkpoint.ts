import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CheckpointStore, DataError, type TensorFile } from "@chainrule/nn";
import { CheckpointFile } from "@chainrule/nn/node";
import type { CommandLine, Options } from "./options.js";
import { reasonOf, Stop } from "./stop.js";

/** The options that decide what the numbers are: a run goes on with the ones that it began with. */
const binding = ["batch", "lr", "hidden", "seed", "dtype"] as const;

type SavedOptions = Pick<Options, (typeof binding)[number] | "iterations" | "data">;

/** Where an earlier run stood, and how it had begun. */
export interface Checkpoint {
  readonly snapshot: TensorFile;
  readonly options: SavedOptions;
  /** Of the data; see `fingerprint`. */
  readonly data: string;
}

export function checkpointFile(out: string): string {
  return join(out, "checkpoint.safetensors");
}

/** Where the checkpoint of an earlier run is kept. */
export function earlierFile(out: string): string {
  return join(out, "checkpoint.previous.safetensors");
}

/** A file for the snapshots of a run, with its options in it. */
export function checkpointStore(options: Options, data: string): CheckpointStore {
  const file = new CheckpointFile(checkpointFile(options.out));
  const { iterations, batch, lr, hidden, seed, dtype } = options;
  const folder = options.data === null ? null : resolve(options.data);
  const kept: SavedOptions = { iterations, batch, lr, hidden, seed, dtype, data: folder };
  return {
    load: () => file.load(),
    save: ({ tensors, metadata }) =>
      file.save({ tensors, metadata: { ...metadata, options: JSON.stringify(kept), data } }),
  };
}

/**
 * Reads the checkpoint in a folder.
 *
 * @throws Stop (2) if there is none, or if it is not what it should be
 */
export function loadCheckpoint(out: string): Checkpoint {
  const path = checkpointFile(out);
  if (!existsSync(path)) throw new Stop(2, `--resume: there is no checkpoint ${path}; start without --resume`);
  try {
    const snapshot = new CheckpointFile(path).load();
    const options = readOptions(snapshot?.metadata["options"] ?? "");
    if (snapshot === null || options === null) throw new DataError(`${path}: is no checkpoint of this program`);
    return { snapshot, options, data: snapshot.metadata["data"] ?? "" };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new Stop(2, `--resume: ${reasonOf(error)}`);
  }
}

/**
 * The options of a run that goes on: those of the checkpoint, and what the command line may change.
 *
 * @throws Stop (2) where the command line contradicts the checkpoint
 */
export function resumedOptions({ options, given }: CommandLine, { options: saved, snapshot }: Checkpoint): Options {
  for (const name of binding) {
    if (given.has(name) && options[name] !== saved[name]) {
      throw new Stop(
        2,
        `--${name} ${options[name]} contradicts the checkpoint in ${options.out}, which has --${name} ${saved[name]}; ` +
          "leave the option out, or start without --resume",
      );
    }
  }
  const iterations = given.has("iterations") ? options.iterations : saved.iterations;
  const done = snapshot.tensors["losses"]?.size ?? 0;
  if (iterations < done) {
    throw new Stop(
      2,
      `--iterations ${iterations} is less than the ${done} that the checkpoint in ${options.out} has done`,
    );
  }
  return { ...options, ...saved, iterations, data: given.has("data") ? options.data : saved.data };
}

/** The options in a checkpoint; `null` if they are no such thing. */
function readOptions(text: string): SavedOptions | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { iterations, batch, lr, hidden, seed, dtype, data } = value as Readonly<Record<keyof SavedOptions, unknown>>;
  const counts = [iterations, batch, hidden].every((count) => Number.isSafeInteger(count) && (count as number) > 0);
  const isFine =
    counts &&
    typeof lr === "number" &&
    lr > 0 &&
    Number.isSafeInteger(seed) &&
    (dtype === "float32" || dtype === "float64") &&
    (data === null || typeof data === "string");
  return isFine ? ({ iterations, batch, lr, hidden, seed, dtype, data } as SavedOptions) : null;
}
