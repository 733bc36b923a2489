import type { GradcheckDerivative } from "./gradcheck-report.js";
import { judge, type Suspect } from "./judge.js";
import type { Precision } from "./subject.js";

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

export interface Settings extends Tolerance {
  readonly eps: number;
  /** How noisy a difference may be that is still taken for a confirmation. */
  readonly coarse: Tolerance;
  readonly mode: "full" | "random";
  /** How many random directions; only for "random". */
  readonly projections: number;
}

/** Which derivatives are looked at closely. */
export interface Look {
  /** Also one whose error noise explains. */
  readonly closely: boolean;
  /** Not one that is off by fewer times its tolerance, as one is known that is off by so many. */
  readonly beyond: number;
}

export const always: Look = { closely: true, beyond: -1 };

/** Where a derivative stands. */
export type Place = Pick<GradcheckDerivative, "order" | "of" | "output" | "index">;

/** What a derivative comes to, wherever it stands: told without its place, as there are many, and few are told of. */
export type Settled = Omit<GradcheckDerivative, keyof Place>;

/** A derivative, found both ways. */
type Compared = Pick<GradcheckDerivative, "analytic" | "numerical" | "slopes">;

/**
 * What a derivative and a difference come to. They may differ by the tolerance. Beyond it noise may be the reason, as long
 * as it is not too large itself; the function is looked at closely where that is not plain.
 *
 * @param scale what the relative parts of the tolerances are parts of
 */
export function settle(
  { analytic, numerical, slopes }: Compared,
  scale: number,
  { closely, beyond }: Look,
  { eps, atol, rtol, coarse }: Settings,
  precisionOf: () => Precision,
  suspect: () => Pick<Suspect, "line" | "nearby" | "across" | "size">,
): Settled {
  const error = Math.abs(analytic - numerical);
  const as = (kind: Settled["kind"], tolerance: number, noise: number | null): Settled => {
    return { analytic, numerical, error, tolerance, noise, slopes, jumps: false, kind };
  };
  const tolerance = atol + rtol * scale;
  const most = Math.max(tolerance, coarse.atol + coarse.rtol * scale);
  // Before the tolerance is looked at, which an infinite difference makes infinite.
  if (!Number.isFinite(error)) return as("not finite", tolerance, null);
  // The mean of two slopes may be right by chance.
  const isBent = Math.abs(slopes[0] - slopes[1]) > 2 * most;
  if (error <= tolerance && !isBent) return as("right", tolerance, null);
  const { rounding, hidden, least } = precisionOf();
  const noise = rounding / eps;
  const isPlain = !isBent && !(closely && noise > tolerance);
  if (isPlain && error <= Math.min(most, tolerance + noise)) return as("right", most, noise);
  if (error > tolerance && error / tolerance <= beyond) return as("wrong gradient", tolerance, noise);
  const judged = judge({
    ...suspect(),
    derivative: analytic,
    eps,
    atol: Math.max(atol, least),
    rtol,
    rounding,
    hidden,
  });
  const { verdict } = judged;
  const isSmooth = verdict === "precision" || (verdict === "kink" && !isBent);
  if (isSmooth && error <= most) return as("right", most, judged.noise);
  return { ...as(verdict, tolerance, judged.noise), slopes: judged.slopes, jumps: judged.jumps };
}
