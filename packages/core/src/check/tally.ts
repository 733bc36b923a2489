import type { GradcheckDerivative } from "./gradcheck-report.js";
import type { Place, Settled } from "./settle.js";

/** What was compared for one input. */
export interface Comparison {
  readonly checked: number;
  readonly wrong: number;
  readonly worst: GradcheckDerivative | null;
  /** The seed of the row (or the combination of rows) that the worst one is a derivative of. */
  readonly seed: Float64Array;
}

/** What counts most first: a report, and an input, is of its gravest kind. */
export const GRAVITY: readonly GradcheckDerivative["kind"][] = [
  "not finite",
  "wrong gradient",
  "kink",
  "precision",
  "right",
];

/** Collects derivatives, and keeps the one that says most. */
export class Tally {
  private checked = 0;
  private wrong = 0;
  private part = -1;
  private worst: GradcheckDerivative | null = null;
  private seed: Float64Array = new Float64Array(0);

  add(settled: Settled, place: () => Place, seed: () => Float64Array): void {
    const { kind, error, tolerance } = settled;
    this.checked++;
    if (kind !== "right") this.wrong++;
    // With no tolerance at all, 0 / 0 is still right.
    const part = error === 0 ? 0 : !Number.isFinite(error) ? Number.POSITIVE_INFINITY : error / tolerance;
    const order = this.worst === null ? -1 : GRAVITY.indexOf(kind) - GRAVITY.indexOf(this.worst.kind);
    if (order > 0 || (order === 0 && part <= this.part)) return;
    const at = place();
    // An element says more than a direction.
    if (order === 0 && kind !== "right" && at.index === null && this.worst?.index !== null) return;
    this.part = part;
    this.worst = { ...at, ...settled };
    this.seed = seed();
  }

  /** How many times its tolerance the worst wrong gradient is off. */
  get partOfWrong(): number {
    return this.worst?.kind === "wrong gradient" ? this.part : -1;
  }

  get isWrong(): boolean {
    return this.wrong > 0;
  }

  get result(): Comparison {
    return { checked: this.checked, wrong: this.wrong, worst: this.worst, seed: this.seed };
  }
}
