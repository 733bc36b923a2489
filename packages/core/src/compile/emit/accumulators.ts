import type { Local, PlainOp } from "../../wasm/encoder.js";
import { firstHalves, vectorOf } from "../../wasm/simd.js";
import type { Kind, NumberKind } from "../ir/expression.js";
import type { ReductionOp } from "../ir/kernel.js";
import { high, type MaskWidth, type Pusher } from "./vector.js";

const operations = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** What a reduction starts from. */
export function identityOf(reduction: ReductionOp, kind: NumberKind): number {
  switch (reduction) {
    case "sum":
      return 0;
    case "prod":
      return 1;
    case "max":
      return kind === "i32" ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
    case "min":
      return kind === "i32" ? 2 ** 31 - 1 : Number.POSITIVE_INFINITY;
    default:
      return reduction satisfies never;
  }
}

/**
 * The vectors in which a reduction is added up. Sums and products of float32 are kept as doubles, in two vectors for
 * the four lanes; several vectors in a row have accumulators of their own, so that none waits for the one before.
 */
export class Accumulators {
  private readonly p: Pusher;
  private readonly reduction: ReductionOp;
  /** Of the elements, and of the accumulators. */
  private readonly from: NumberKind;
  private readonly kind: NumberKind;
  private units: { readonly low: Local; readonly high: Local | null }[] = [];
  /** For elements that come one by one, in every lane, where the others come in vectors. */
  private rest: Local | null = null;

  constructor(p: Pusher, reduction: ReductionOp, kind: Kind) {
    this.p = p;
    this.reduction = reduction;
    this.from = kind as NumberKind;
    this.kind = kind === "f32" && (reduction === "sum" || reduction === "prod") ? "f64" : this.from;
  }

  private get isWidened(): boolean {
    return this.kind !== this.from;
  }

  begin(units: number): void {
    const { code, lanes } = this.p;
    const fresh = () => {
      const local = code.local("v128");
      code.splat(this.kind, identityOf(this.reduction, this.kind)).set(local);
      return local;
    };
    this.units = Array.from({ length: units }, () => ({
      low: fresh(),
      high: this.isWidened && lanes === 4 ? fresh() : null,
    }));
    this.rest = fresh();
  }

  /** Adds the vector that `push` pushes; to the rest an element that stands in every lane. */
  add(unit: number | "rest", push: () => void, width: number): void {
    const { code } = this.p;
    if (unit === "rest") {
      const rest = this.rest as Local;
      code.get(rest);
      push();
      if (this.isWidened) code.op("f64x2.promote_low_f32x4");
      this.combine().set(rest);
      return;
    }
    const { low, high: upper } = this.units[unit] as (typeof this.units)[number];
    if (!this.isWidened) {
      code.get(low);
      push();
      this.combine().set(low);
      return;
    }
    this.p.scratch(1, (...locals) => {
      const [x] = locals as readonly [Local];
      push();
      code.set(x);
      code.get(low).get(x).op("f64x2.promote_low_f32x4");
      this.combine().set(low);
      if (upper === null || width === 1) return;
      code.get(upper);
      high(code, x);
      code.op("f64x2.promote_low_f32x4");
      this.combine().set(upper);
    });
  }

  /** Pushes the results of one unit, a lane each. */
  pushVector(unit: number, width: number): MaskWidth {
    const { code } = this.p;
    const { low, high: upper } = this.units[unit] as (typeof this.units)[number];
    code.get(low);
    if (!this.isWidened) return "any";
    code.op("f32x4.demote_f64x2_zero");
    if (upper === null || width === 1) return "any";
    code.get(upper).op("f32x4.demote_f64x2_zero");
    code.shuffle(firstHalves);
    return "any";
  }

  /** Pushes the one result of all units, all lanes and the rest, in the first lane. */
  pushTotal(): MaskWidth {
    const { code, lanes } = this.p;
    const vectors = this.units.flatMap(({ low, high: upper }) => (upper === null ? [low] : [low, upper]));
    const [first, ...others] = vectors as [Local, ...Local[]];
    for (const other of others) {
      code.get(first).get(other);
      this.combine().set(first);
    }
    // Halves, then neighbours.
    code.get(first);
    high(code, first);
    this.fold(lanes === 4 || this.kind === "f64").set(first);
    if (this.kind !== "f64") {
      code.get(first).get(first).get(first).shuffle([4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11]);
      this.combine().set(first);
    }
    code.get(first).get(this.rest as Local);
    this.combine();
    if (this.isWidened) code.op("f32x4.demote_f64x2_zero");
    return "any";
  }

  /**
   * Combines the two on the stack; or leaves out the upper one, where a kernel of two lanes fills only half of a
   * vector.
   */
  private fold(all: boolean) {
    return all ? this.combine() : this.p.code.op("drop");
  }

  private combine() {
    return this.p.code.op(`${vectorOf[this.kind]}.${this.instruction()}` as PlainOp);
  }

  private instruction(): string {
    const name = operations[this.reduction];
    return this.kind === "i32" && (name === "max" || name === "min") ? `${name}_s` : name;
  }
}
