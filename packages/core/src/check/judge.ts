import { type Line, type Measure, STEADY, type View, viewOf } from "./view.js";

/** What an error of a derivative turns out to be. */
type Verdict = "wrong gradient" | "kink" | "precision" | "not finite";

/** What a function does near a point. */
interface Judgement {
  readonly verdict: Verdict;
  /** The slopes on the left and on the right; those of the other for a side without finite values. */
  readonly slopes: readonly [left: number, right: number];
  /** Whether a kink is one of the values themselves: those to the left and to the right do not meet. */
  readonly jumps: boolean;
  /** How far rounding and curvature may put a slope off that is found at a step of eps. */
  readonly noise: number;
}

/** A derivative, and what is to be known to judge it. */
export interface Suspect extends Measure {
  readonly derivative: number;
  /** Lines in the same direction through points nearby, moved by up to h in all that the function depends on. */
  nearby(h: number): readonly Line[];
  /** Lines through such points in directions that change all that the function depends on. */
  across(h: number): readonly Line[];
  /** The step of the differences that the derivative disagrees with. */
  readonly eps: number;
  /** By how much a derivative may be wrong, beside noise. */
  readonly atol: number;
  readonly rtol: number;
}

/** How many times the half of a unit in the last place the noise is if digits were lost on the way. */
const LOSSY = 64;
/** From one scale to the next. */
const RATIO = 16;
/** The finest scale, as a part of eps: at 0, and nearby, no step is too small to be taken. */
const FINEST = 2 ** -40;
/**
 * Why a derivative and a central difference disagree. Around 0, at scales from far below eps to far above, a polynomial is
 * fitted to the points on both sides, and others to those of each side, from which the ones nearest to 0 are left out, so
 * that a kink between does not disturb them. What the points scatter around them is the noise of the function.
 *
 * A derivative is called wrong if it is none of the slopes, beyond tolerance and noise, and everything that could excuse it
 * is excluded: the noise is alike at all scales up to this one (else it is curvature, a kink or a wave); the next finer
 * scale, as far as its noise lets it, says the same; and it is no slope of points nearby either (as where several kinks
 * meet, and a convention chooses). Sides that disagree at the scale eps are a kink, or a jump. In all other cases the
 * difference was not precise enough.
 */
export function judge(suspect: Suspect): Judgement {
  const { line, eps } = suspect;
  const own = viewOf(suspect, eps);
  const views = steadyViews(suspect, own);
  // The finest is there to confirm what others say.
  const [best] = views.slice(1).toSorted((a, b) => a.error - b.error);
  const seen = own ?? views[0];
  if (seen === undefined || !Number.isFinite(line(0).y)) {
    return { verdict: "not finite", slopes: [Number.NaN, Number.NaN], jumps: false, noise: Number.NaN };
  }
  const found = (verdict: Verdict, { slopes, jump }: View) => {
    return { verdict, slopes, jumps: verdict === "kink" && jump, noise: seen.error };
  };
  const witness = best === undefined ? null : witnessAgainst(suspect, best, views);
  if (witness !== null) {
    return found(occursNearby(suspect, gap(suspect, witness), views) ? "kink" : "wrong gradient", witness);
  }
  if (isKink(seen, suspect)) return found("kink", seen);
  return found("precision", best ?? seen);
}

/**
 * The views of the scales at which the function shows no more than noise, from fine to coarse. The first is so fine that
 * rounding explains what is rough there, if there is such a scale.
 */
function steadyViews(suspect: Suspect, own: View | null): View[] {
  const { eps, size } = suspect;
  // Where nothing changes at a fine scale, but at that of eps, the changes are too small for the values.
  const saysNothing = (view: View) => view.isFlat && own?.isFlat === false;
  const fine: View[] = [];
  for (let h = eps / RATIO ** 2; h >= eps * FINEST; h /= RATIO) {
    const view = viewOf(suspect, h);
    if (view === null || saysNothing(view)) break;
    fine.unshift(view);
    if (!view.isRough && view.isResolved) break;
  }
  const views: View[] = [];
  const takes = (view: View) => isSteady(views, view) && views.push(view) > 0;
  if (!fine.every(takes) && views.length !== 1) return views;
  const coarsest = Math.max(eps * RATIO ** 2, size / RATIO ** 3);
  for (let h = eps / RATIO; h <= coarsest * RATIO; h *= RATIO) {
    const view = viewOf(suspect, h);
    if (view === null || (h < eps && saysNothing(view))) continue;
    if (!takes(view)) break;
  }
  const [only, coarser] = views;
  if (only === undefined || coarser !== undefined) return views;
  const finer = viewOf(suspect, only.h / RATIO);
  return finer === null ? views : [finer, only];
}

/** Noise is alike at all scales; what grows, beyond what rounding explains, or shrinks is none. */
function isSteady(finer: readonly View[], { noise, isRough, isResolved }: View): boolean {
  return (
    isResolved &&
    finer.every((view) => !(isRough && noise > STEADY * view.noise) && !(view.isRough && view.noise > STEADY * noise))
  );
}

/** How far a derivative is from what a view says it may be. */
function gap({ derivative, atol, rtol }: Suspect, { slopes, error }: View): number {
  const [least, most] = [Math.min(...slopes), Math.max(...slopes)];
  const outside = Math.max(least - derivative, derivative - most);
  return outside - error - atol - rtol * Math.min(Math.abs(least), Math.abs(most));
}

/** The best view, if it speaks against the derivative, a finer one confirms it, and nothing finer can hide. */
function witnessAgainst(suspect: Suspect, best: View, views: readonly View[]): View | null {
  const beyond = gap(suspect, best);
  const finer = views[views.indexOf(best) - 1];
  if (!(beyond > 0) || finer === undefined || !agree(best, finer, beyond)) return null;
  return hides(suspect, best, views[0] as View, beyond) ? null : best;
}

function agree(view: View, finer: View, beyond: number): boolean {
  return view.slopes.every(
    (slope, side) => Math.abs(slope - (finer.slopes[side] as number)) <= Math.max(beyond / 4, view.error + finer.error),
  );
}

/** Whether a slope as steep as the derivative may be too fine for the finest view. */
function hides(suspect: Suspect, best: View, finest: View, beyond: number): boolean {
  const { line, size } = suspect;
  // So far a slope goes before it shows in the noise.
  const reach = finest.noise / beyond;
  // What is rough at the finest scale as well may be a wave, but for steps, which are flat at the next finer one.
  if (finest.isRough && reach < finest.h) return viewOf(suspect, finest.h / RATIO)?.isFlat !== true;
  if (finest.noise < LOSSY * 2 ** -53 * Math.abs(line(0).y)) return false;
  // Where digits were lost on the way there may be kinks, or teeth, in what was lost.
  if (size > 0 && RATIO * reach > size) return true;
  const least = Math.max(reach / RATIO, suspect.eps * FINEST);
  for (let h = finest.h / RATIO; h > least; h /= RATIO) {
    const view = viewOf(suspect, h);
    if (view !== null && !agree(best, view, beyond)) return true;
  }
  return false;
}

/**
 * Whether a derivative is a slope beside the point, at the finest scale that can tell, and the function not smooth there in
 * all its inputs, so that the slopes beside it are others than those of a curve.
 */
function occursNearby(suspect: Suspect, beyond: number, views: readonly View[]): boolean {
  const { derivative, atol, rtol, size } = suspect;
  const finest = views.reduce((best, view) => (view.error < best.error ? view : best));
  // The error of a slope is that of the values, divided by the step; a power, so that other rows can share the samples.
  const step = Math.max(Math.min(1, (256 * finest.error) / beyond), (1 + size / finest.h) * 2 ** -40);
  const h = finest.h * RATIO ** Math.ceil(Math.log(step) / Math.log(RATIO));
  const slopes = suspect.nearby(4 * h).map((line) => {
    const [up, down] = [line(h / 2), line(-h / 2)];
    return (up.y - down.y) / (up.t - down.t);
  });
  const slack = atol + rtol * Math.abs(derivative) + beyond / 4;
  if (!(Math.min(...slopes) - slack <= derivative && derivative <= Math.max(...slopes) + slack)) return false;
  return suspect.across(h).some((line) => {
    const view = viewOf({ ...suspect, line }, h);
    return view === null || !view.isSmooth || view.isRough;
  });
}

function isKink({ slopes: [left, right], error, jump }: View, { atol, rtol }: Suspect): boolean {
  return jump || Math.abs(left - right) > atol + (rtol * Math.abs(left + right)) / 2 + 2 * error;
}
