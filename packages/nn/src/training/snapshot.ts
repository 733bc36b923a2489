import { CompileError, compileSupport, configureKernels, fromArray, type Tensor, tensor } from "@chainrule/core";
import { DataError } from "../data/errors.js";
import { loadParameters } from "../data/parameters.js";
import type { TensorFile } from "../data/safetensors.js";
import type { Layer, NamedTensors } from "../layers/layer.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { under } from "../saved-state.js";
import type { Evaluation } from "./history.js";
import type { Best } from "./monitor.js";

/** Told from other files by this, and from snapshots of a later form. */
const format = "chainrule trainer 1";

/** Where a run stands, but for network and optimizer. */
export interface Progress {
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
  readonly seconds: number;
  readonly epoch: number;
  readonly steps: number;
  /** Whether an evaluation was interrupted, and comes first. */
  readonly due: boolean;
  readonly best: Best | null;
  readonly waited: number;
}

/** What decides the numbers of a run, to be compared: a run goes on with what it began with. */
export type Settings = Readonly<Record<string, string | number | boolean | null>>;

/** What has a state to be saved besides the network: averages of its weights, for example. */
export interface Stateful {
  readonly state: () => NamedTensors;
  readonly loadState: (saved: NamedTensors) => void;
}

/** What is trained, and what remembers something of it, by name. */
export interface Trained {
  readonly network: Layer;
  readonly optimizer: Optimizer;
  readonly others: Readonly<Record<string, Stateful>>;
}

/** All that it takes to go on, as tensors and texts. */
export function snapshotOf(trained: Trained, progress: Progress, settings: Settings): TensorFile {
  const { network, optimizer, others } = trained;
  const { losses, evaluations, seconds, epoch, steps, due, best, waited } = progress;
  const names = [...new Set(evaluations.flatMap(({ values }) => Object.keys(values)))];
  const rows = evaluations.flatMap(({ iteration, epoch, values }) => [
    iteration,
    epoch,
    ...names.map((name) => values[name] ?? Number.NaN),
  ]);
  const tensors: NamedTensors = {
    ...under("network", network.state()),
    ...under("optimizer", optimizer.state()),
    ...Object.assign({}, ...Object.entries(others).map(([name, other]) => under(name, other.state()))),
    ...(best !== null && under("best", best.state)),
    losses: tensor(Float64Array.from(losses)),
    evaluations: fromArray(Float64Array.from(rows), [evaluations.length, names.length + 2]),
    rates: tensor([optimizer.lr, optimizer.lrFactor, ...optimizer.groups.map(({ lr }) => lr)]),
  };
  const place = { epoch, steps, due, seconds, waited, best: best && { iteration: best.iteration, value: best.value } };
  return {
    tensors,
    metadata: {
      format,
      names: JSON.stringify(names),
      place: JSON.stringify(place),
      settings: JSON.stringify(settings),
      kernels: JSON.stringify({ relaxed: compileSupport().relaxed }),
    },
  };
}

/**
 * Puts network and optimizer where they were, and says where the run stood.
 *
 * @throws DataError where the snapshot is none, of another run, or of another network or optimizer; then nothing has changed
 */
export function restoreFrom(file: TensorFile, trained: Trained, settings: Settings): Progress {
  const { network, optimizer, others } = trained;
  const { tensors, metadata } = file;
  if (metadata["format"] !== format) throw new DataError("Trainer: this is no snapshot of a trainer");
  const saved = parsed(metadata["settings"]) as Settings;
  for (const [name, value] of Object.entries(settings)) {
    if (saved[name] === value) continue;
    throw new DataError(
      `Trainer: ${name} is ${JSON.stringify(value)}, but ${JSON.stringify(saved[name] ?? null)} in the snapshot; go on with what the ` +
        "run began with",
    );
  }
  const place = parsed(metadata["place"]) as Omit<Progress, "losses" | "evaluations" | "best"> & {
    readonly best: Omit<Best, "state"> | null;
  };
  const names = parsed(metadata["names"]) as readonly string[];
  const { losses, evaluations, rates } = tensors;
  const isWhole =
    losses?.rank === 1 &&
    evaluations?.rank === 2 &&
    evaluations.shape[1] === names.length + 2 &&
    rates?.shape[0] === optimizer.groups.length + 2;
  if (!isWhole) throw new DataError("Trainer: the snapshot has no history, or one that does not agree with its names");
  const parts: readonly (readonly [name: string, part: Stateful])[] = [
    ["network", { state: () => network.state(), loadState: (state) => loadParameters(network, state) }],
    ["optimizer", optimizer],
    ...Object.entries(others),
  ];
  const before = parts.map(([, part]) => part.state());
  try {
    for (const [name, part] of parts) part.loadState(inside(name, tensors));
    roundAs(metadata["kernels"]);
  } catch (error) {
    parts.forEach(([, part], i) => {
      part.loadState(before[i] as NamedTensors);
    });
    throw error;
  }
  setRates(optimizer, Array.from(rates.data));
  const { best } = place;
  return {
    ...place,
    losses: Array.from(losses.data),
    evaluations: rowsOf(evaluations, names),
    best: best && { ...best, state: inside("best", tensors) },
  };
}

/** Products and sums are rounded once or twice, as they were: of snapshots from before this was kept it is not known. */
function roundAs(kernels: string | undefined): void {
  if (kernels === undefined) return;
  const { relaxed } = parsed(kernels) as { readonly relaxed?: unknown };
  if (typeof relaxed !== "boolean")
    throw new DataError("Trainer: the snapshot does not say whether products were fused");
  if (relaxed === compileSupport().relaxed) return;
  try {
    configureKernels({ relaxed });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw new DataError(
      `Trainer: the run was trained ${relaxed ? "with" : "without"} fused multiply-add, and cannot go on so here: ${error.message}`,
      { cause: error },
    );
  }
}

function setRates(optimizer: Optimizer, [lr = 0, factor = 1, ...own]: readonly number[]): void {
  optimizer.lr = lr;
  optimizer.lrFactor = factor;
  optimizer.groups.forEach((group, i) => {
    const rate = own[i] ?? lr;
    // Once it is set, it is the group's own.
    if (group.lr !== rate) group.lr = rate;
  });
}

function rowsOf(table: Tensor, names: readonly string[]): Evaluation[] {
  const [count = 0, width = 0] = table.shape;
  const { data } = table;
  return Array.from({ length: count }, (_, row) => {
    const [iteration = 0, epoch = 0, ...values] = data.slice(row * width, (row + 1) * width);
    return { iteration, epoch, values: Object.fromEntries(names.map((name, i) => [name, values[i] as number])) };
  });
}

function inside(prefix: string, tensors: NamedTensors): NamedTensors {
  const start = `${prefix}.`;
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
}

function parsed(text = ""): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {}
  throw new DataError("Trainer: the snapshot has texts that are no JSON objects");
}
