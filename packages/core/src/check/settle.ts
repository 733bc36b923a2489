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

/** A derivative, found both ways. */
type Compared = Omit<GradcheckDerivative, "error" | "tolerance" | "noise" | "kind" | "jumps">;

/**
 * What a derivative and a difference come to. They may differ by the tolerance. Beyond it noise may be the reason, as long
 * as it is not too large itself; the function is looked at closely where that is not plain.
 *
 * @param scale what the relative parts of the tolerances are parts of
 */
export function settle(
  found: Compared,
  scale: number,
  { closely, beyond }: Look,
  { eps, atol, rtol, coarse }: Settings,
  precisionOf: () => Precision,
  suspect: () => Pick<Suspect, "line" | "nearby" | "across" | "size">,
): GradcheckDerivative {
  const error = Math.abs(found.analytic - found.numerical);
  const right = { ...found, error, jumps: false, kind: "right" } as const;
  const tolerance = atol + rtol * scale;
  const most = Math.max(tolerance, coarse.atol + coarse.rtol * scale);
  // Before the tolerance is looked at, which an infinite difference makes infinite.
  if (!Number.isFinite(error)) return { ...right, tolerance, noise: null, kind: "not finite" };
  // The mean of two slopes may be right by chance.
  const isBent = Math.abs(found.slopes[0] - found.slopes[1]) > 2 * most;
  if (error <= tolerance && !isBent) return { ...right, tolerance, noise: null };
  const { rounding, hidden, least } = precisionOf();
  const noise = rounding / eps;
  const isPlain = !isBent && !(closely && noise > tolerance);
  if (isPlain && error <= Math.min(most, tolerance + noise)) return { ...right, tolerance: most, noise };
  if (error > tolerance && error / tolerance <= beyond) return { ...right, tolerance, noise, kind: "wrong gradient" };
  const judged = judge({
    ...suspect(),
    derivative: found.analytic,
    eps,
    atol: Math.max(atol, least),
    rtol,
    rounding,
    hidden,
  });
  const { verdict, slopes, jumps } = judged;
  const isSmooth = verdict === "precision" || (verdict === "kink" && !isBent);
  if (isSmooth && error <= most) return { ...right, tolerance: most, noise: judged.noise };
  return { ...right, slopes, jumps, tolerance, noise: judged.noise, kind: verdict };
}
