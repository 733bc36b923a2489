import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { fromArray, type Tensor, tensor } from "@chainrule/core";
import { DataError, loadParameters, type NamedTensors } from "@chainrule/nn";
import { loadTensors, saveTensors } from "@chainrule/nn/node";
import type { TwoLayerNet } from "./network.js";
import type { CommandLine, Options } from "./options.js";
import { reasonOf, Stop } from "./stop.js";
import type { History } from "./train.js";

/** The options that decide what the numbers are: a run goes on with the ones that it began with. */
const binding = ["batch", "lr", "hidden", "seed", "dtype"] as const;

type SavedOptions = Pick<Options, (typeof binding)[number] | "iterations" | "data">;

export interface Checkpoint {
  readonly parameters: NamedTensors;
  readonly history: History;
  readonly options: SavedOptions;
  /** Of the data; see `fingerprint`. */
  readonly data: string;
}

/** Told from other files by this, and from checkpoints of a later form. */
const format = "chainrule mnist checkpoint 2";

export function checkpointFile(out: string): string {
  return join(out, "checkpoint.safetensors");
}

/** Where the checkpoint of an earlier run is kept. */
export function earlierFile(out: string): string {
  return join(out, "checkpoint.previous.safetensors");
}

/**
 * Moves the checkpoint of an earlier run out of the way of a new one: hours of work may be in it.
 *
 * @returns where it is now; `null` if there was none
 */
export function keepEarlier(out: string): string | null {
  const file = checkpointFile(out);
  if (!existsSync(file)) return null;
  const kept = earlierFile(out);
  renameSync(file, kept);
  return kept;
}

/** Of all that a checkpoint holds, to find a file that was damaged on the disk: damaged weights are weights, too. */
function digestOf(tensors: NamedTensors, { digest: _, ...texts }: Readonly<Record<string, string>>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(texts).sort()) hash.update(`${JSON.stringify([name, texts[name]])}\n`);
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, array } = tensors[name] as Tensor;
    hash.update(`${JSON.stringify([name, dtype, shape])}\n`).update(array);
  }
  return hash.digest("hex");
}

/** Writes all that it takes to go on; the file is complete or the old one. */
export function saveCheckpoint(network: TwoLayerNet, history: History, options: Options, data: string): void {
  const { iterations, batch, lr, hidden, seed, dtype } = options;
  const kept: SavedOptions = {
    ...{ iterations, batch, lr, hidden, seed, dtype },
    data: options.data === null ? null : resolve(options.data),
  };
  const { losses, accuracies, seconds } = history;
  const points = accuracies.flatMap(({ iteration, train, test }) => [iteration, train, test]);
  const tensors = {
    ...network.parameters(),
    losses: tensor(Float64Array.from(losses)),
    accuracies: fromArray(Float64Array.from(points), [accuracies.length, 3]),
  };
  const texts = {
    format,
    iteration: String(losses.length),
    options: JSON.stringify(kept),
    data,
    seconds: String(seconds),
  };
  saveTensors(checkpointFile(options.out), tensors, { ...texts, digest: digestOf(tensors, texts) });
}

/**
 * Reads the checkpoint in a folder.
 *
 * @throws Stop (2) if there is none, or if it is not what it should be
 */
export function loadCheckpoint(out: string): Checkpoint {
  const file = checkpointFile(out);
  if (!existsSync(file)) throw new Stop(2, `--resume: there is no checkpoint ${file}; start without --resume`);
  try {
    const { tensors, metadata } = loadTensors(file);
    if (metadata["format"] !== format)
      throw new DataError(`${file}: is no checkpoint of this program, or of another version`);
    if (metadata["digest"] !== digestOf(tensors, metadata))
      throw new DataError(`${file}: corrupt: its values are not those that were saved`);
    const { losses, accuracies, ...parameters } = tensors;
    const [steps, points] = [[...(losses?.data ?? [])], [...(accuracies?.data ?? [])]];
    const seconds = Number(metadata["seconds"]);
    const options = readOptions(metadata["options"] ?? "");
    if (
      options === null ||
      !(seconds >= 0) ||
      String(steps.length) !== metadata["iteration"] ||
      points.length % 3 !== 0
    ) {
      throw new DataError(`${file}: corrupt: its options and its history do not agree`);
    }
    const history: History = { losses: steps, accuracies: [], seconds };
    for (let at = 0; at < points.length; at += 3) {
      const [iteration, train, test] = points.slice(at, at + 3) as [number, number, number];
      history.accuracies.push({ iteration, train, test });
    }
    return { parameters, history, options, data: metadata["data"] ?? "" };
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
export function resumedOptions({ options, given }: CommandLine, { options: saved, history }: Checkpoint): Options {
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
  const done = history.losses.length;
  if (iterations < done) {
    throw new Stop(
      2,
      `--iterations ${iterations} is less than the ${done} that the checkpoint in ${options.out} has done`,
    );
  }
  return { ...options, ...saved, iterations, data: given.has("data") ? options.data : saved.data };
}

/**
 * Puts the parameters of a checkpoint into the network.
 *
 * @throws Stop (2) if they do not fit
 */
export function restore(network: TwoLayerNet, { parameters }: Checkpoint, out: string): void {
  try {
    loadParameters(network, parameters);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new Stop(2, `--resume: ${checkpointFile(out)}: ${reasonOf(error)}`);
  }
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
