/** A tensor's elements, counted in bins of one width from `low` to `high`. */
export interface Histogram {
  /** The least and the greatest finite element; both `null` where there is none. */
  readonly low: number | null;
  readonly high: number | null;
  readonly counts: readonly number[];
  readonly mean: number | null;
  /** Standard deviation, of the elements as a whole. */
  readonly std: number | null;
  /** Elements that are exactly 0, as a share of all. */
  readonly zeros: number;
  /** Elements that are NaN or infinite. */
  readonly bad: number;
}

/** A tensor whose elements are counted at each look. */
export interface Distribution {
  readonly kind: "weight" | "gradient" | "activation";
  /** Of the parameter ("affine1.W"), or of what gave the activation: a layer ("affine1"), an op behind one ("relu(affine1)"). */
  readonly name: string;
  /** Of activations with the rows of the probe. */
  readonly shape: readonly number[];
  /** One for each of the `looks`; `null` where there was none. */
  readonly histograms: readonly (Histogram | null)[];
}

/** The units of a ReLU: the columns of its output, the channels of an image. */
export interface Units {
  readonly name: string;
  readonly count: number;
  /** At each of the `looks`: units whose output is 0 for all rows of the probe. `null` where there was none. */
  readonly dead: readonly (number | null)[];
  /** Of each unit at the last look: the share of its outputs that are not 0. */
  readonly active: readonly number[];
}

export interface ReportLayer {
  /** As in the names of its parameters; "" for the network itself. */
  readonly name: string;
  readonly kind: string;
  /** Of how many layers, one in the other, it is a part. */
  readonly depth: number;
  /** Shape of what it gave for the probe; `null` where it was not called, or there is no probe. */
  readonly output: readonly number[] | null;
  /** Elements of its own parameters. */
  readonly parameters: number;
}

/** Grey levels or colours as bytes. */
export interface ReportImage {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Pixel behind pixel, row behind row, in base64. */
  readonly bytes: string;
}

/** A row that was taken for another class than its own. */
export interface Mistake {
  /** Its place in the data of the evaluation, from 0. */
  readonly row: number;
  readonly label: number;
  readonly predicted: number;
  readonly probabilities: readonly number[];
  readonly shown: ReportImage | string | null;
}

export interface ClassPredictions {
  /** The name of the evaluation. */
  readonly evaluation: string;
  readonly classes: readonly string[];
  /** At each of the `looks` classes x classes counts: row i, column j counts the rows of class i that were taken for j. */
  readonly confusion: readonly (readonly number[] | null)[];
  /** Rows that were taken for another class at the last look. */
  readonly wrong: number;
  /** Those with the smallest probability of their own class, the worst first. */
  readonly mistakes: readonly Mistake[];
}

/**
 * A training run as plain JSON: what a report is made of. Numbers are rounded to six digits or fewer; what is not finite is `null`.
 */
export interface ReportData {
  readonly format: "chainrule training report";
  readonly version: 1;
  readonly title: string;
  /** "failed": an error ended it, such as a loss that was not finite. */
  readonly state: "waiting" | "running" | "done" | "stopped" | "aborted" | "failed";
  /** What the error said that ended it. */
  readonly reason: string | null;
  /** Where a run that was resumed went on: what is looked at begins there, and so does `wallSeconds`. 0 for the beginning. */
  readonly resumedAt: number;
  /** Training steps done; in all, where that is known; of an epoch, where that is known. */
  readonly iteration: number;
  readonly iterations: number | null;
  readonly iterationsPerEpoch: number | null;
  /** Of all training steps alone, and of the run as far as it was recorded. */
  readonly seconds: number;
  readonly wallSeconds: number;
  /** Means over `every` steps each, that of the last ones perhaps over fewer. */
  readonly losses: { readonly every: number; readonly values: readonly (number | null)[] };
  readonly evaluations: readonly {
    readonly iteration: number;
    readonly epoch: number;
    readonly values: Readonly<Record<string, number | null>>;
  }[];
  /** The iterations at which the network was looked at: those of evaluations; of many, some. */
  readonly looks: readonly number[];
  /** Rows of the probe; 0 without one. */
  readonly probeRows: number;
  readonly layers: readonly ReportLayer[];
  readonly distributions: readonly Distribution[];
  readonly units: readonly Units[];
  readonly predictions: ClassPredictions | null;
  /** An SVG. */
  readonly graph: string | null;
  readonly settings: Readonly<Record<string, string | number | boolean | null>>;
  readonly seed: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string | null;
}

/** A number for JSON. */
export function rounded(value: number, digits = 6): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;
}
