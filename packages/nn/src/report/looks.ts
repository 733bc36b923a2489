import type { Found, Probed } from "./probe.js";
import type { Distribution, Units } from "./report-data.js";

/** What was found at one evaluation. */
export interface Look {
  readonly iteration: number;
  readonly weights: ReadonlyMap<string, Found>;
  readonly probed: Probed | null;
  readonly confusion: readonly number[] | null;
}

/** The looks at a network in the order of time, thinned out where they are many. */
export class Looks {
  kept: readonly Look[] = [];
  private readonly most: number;
  /** Of all looks each `every`th is kept, and the last. */
  private every = 1;
  private seen = 0;

  constructor(most: number) {
    this.most = most;
  }

  /**
   * Forgets what a run that begins there, or goes on from there, has not come to yet.
   *
   * @returns whether there was something to forget
   */
  rewind(iteration: number): boolean {
    const before = this.kept;
    this.kept = before.filter((look) => iteration > 0 && look.iteration <= iteration);
    if (this.kept.length === 0) {
      this.every = 1;
      this.seen = 0;
    }
    return this.kept.length < before.length;
  }

  add(look: Look): void {
    const last = this.kept.at(-1);
    // Evaluated again, as where a run goes on.
    const isAgain = last?.iteration === look.iteration;
    const wasLastOnly = (this.seen - 1) % this.every !== 0;
    this.kept = [...(isAgain || wasLastOnly ? this.kept.slice(0, -1) : this.kept), look];
    if (!isAgain) this.seen++;
    if (this.kept.length <= this.most) return;
    this.every *= 2;
    this.kept = this.kept.filter((_, i) => i % 2 === 0 || i === this.kept.length - 1);
  }
}

/** The histograms of each tensor over time: parameters, then their gradients, then activations. */
export function distributionsOf(looks: readonly Look[]): readonly Distribution[] {
  return [
    ...ofKind("weight", looks, ({ weights }) => weights),
    ...ofKind("gradient", looks, ({ probed }) => probed?.gradients),
    ...ofKind("activation", looks, ({ probed }) => probed?.activations),
  ];
}

function ofKind(
  kind: Distribution["kind"],
  looks: readonly Look[],
  partOf: (look: Look) => ReadonlyMap<string, Found> | undefined,
): readonly Distribution[] {
  return namesIn(looks, partOf).map((name) => {
    const found = looks.map((look) => partOf(look)?.get(name));
    const shape = found.find((each) => each !== undefined)?.shape ?? [];
    return { kind, name, shape, histograms: found.map((each) => each?.histogram ?? null) };
  });
}

/** The units of each ReLU over time. */
export function unitsOf(looks: readonly Look[]): readonly Units[] {
  const partOf = ({ probed }: Look) => probed?.units;
  return namesIn(looks, partOf).map((name) => {
    const found = looks.map((look) => partOf(look)?.get(name));
    const active = found.findLast((each) => each !== undefined) ?? [];
    const dead = found.map((each) => (each === undefined ? null : each.filter((share) => share === 0).length));
    return { name, count: active.length, dead, active };
  });
}

/** All names, in the order in which they were found first. */
function namesIn(looks: readonly Look[], partOf: (look: Look) => ReadonlyMap<string, unknown> | undefined): string[] {
  return [...new Set(looks.flatMap((look) => [...(partOf(look)?.keys() ?? [])]))];
}
