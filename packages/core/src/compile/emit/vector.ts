import type { Code, Local, PlainOp } from "../../wasm/encoder.js";
import { firstHalves, halvesSwapped, vectorOf } from "../../wasm/simd.js";
import type { VectorMath } from "../../wasm/vector-math/index.js";
import type { Apply, Expression, Kind, NumberKind } from "../ir/expression.js";
import { notOnIntegers } from "./scalar-operations.js";

/** How many bits wide the lanes of a truth value are; "any" where all bits of the vector are the same. */
export type MaskWidth = 32 | 64 | "any";

/**
 * The lanes of a kernel: two as soon as it has a double, of which a narrower kind fills the first two of its own four.
 */
export type Lanes = 2 | 4;

/** What the emitter of a loop does for this one: it pushes an operand, and knows how wide a truth value of it is. */
export interface Pusher {
  readonly code: Code;
  readonly math: VectorMath;
  readonly lanes: Lanes;
  push(e: Expression): MaskWidth;
  /** A local for the time that `body` takes. */
  scratch(count: number, body: (...locals: readonly Local[]) => void): void;
}

const arithmetic = new Set(["add", "sub", "mul", "div", "neg", "abs", "floor", "ceil", "sqrt", "min", "max"]);
const comparisons: Readonly<Record<string, readonly [float: string, integer: string]>> = {
  equal: ["eq", "eq"],
  notEqual: ["ne", "ne"],
  less: ["lt", "lt_s"],
  lessEqual: ["le", "le_s"],
  greater: ["gt", "gt_s"],
  greaterEqual: ["ge", "ge_s"],
};

/** Pushes the constant in every lane. */
export function pushConstant(code: Code, kind: NumberKind, value: number): void {
  code.splat(kind, value);
}

/** Pushes a truth value with lanes as wide as those that it is used on. */
function pushMask(p: Pusher, e: Expression, width: 32 | 64): void {
  widen(p.code, p.push(e), width);
}

export function widen(code: Code, from: MaskWidth, to: 32 | 64): void {
  if (from === 32 && to === 64) code.op("i64x2.extend_low_i32x4_s");
  if (from === 64 && to === 32) {
    code.splat("i32", 0).shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 16, 16, 16, 16, 16, 16, 16]);
  }
}

const widthOf = (kind: NumberKind): 32 | 64 => (kind === "f64" ? 64 : 32);

/** Pushes the value of an operation. */
export function pushApply(p: Pusher, e: Apply): MaskWidth {
  const { code } = p;
  const [x, y, w] = e.args as readonly [Expression, Expression, Expression];
  if (e.name === "convert") {
    p.push(x);
    convert(p, x.kind as NumberKind, e.kind as NumberKind);
    return "any";
  }
  if (e.name === "toMask") {
    const kind = x.kind as NumberKind;
    p.push(x);
    code.splat(kind, 0).op(`${vectorOf[kind]}.ne`);
    return widthOf(kind);
  }
  if (e.name === "fromMask") {
    const kind = e.kind as NumberKind;
    pushMask(p, x, widthOf(kind));
    code.splat(kind, 1).op("v128.and");
    return "any";
  }
  if (e.name === "either") {
    const first = p.push(x);
    const second = p.push(y);
    if (first !== second) throw new Error("truth values of two widths");
    code.op("v128.or");
    return first;
  }
  if (e.name === "select") {
    p.push(y);
    p.push(w);
    pushMask(p, x, widthOf(e.kind as NumberKind));
    code.op("v128.bitselect");
    return "any";
  }
  const comparison = comparisons[e.name];
  if (comparison !== undefined) {
    const kind = x.kind as NumberKind;
    p.push(x);
    p.push(y);
    code.op(`${vectorOf[kind]}.${comparison[kind === "i32" ? 1 : 0]}` as PlainOp);
    return widthOf(kind);
  }
  for (const arg of e.args) p.push(arg);
  if (e.kind === "i32") integer(p, e);
  else if (arithmetic.has(e.name)) code.op(`${vectorOf[e.kind as "f32" | "f64"]}.${e.name}` as PlainOp);
  else if (e.name === "round") code.op(`${vectorOf[e.kind as "f32" | "f64"]}.nearest`);
  else p.math.emit(code, e.kind as "f32" | "f64", e.name as Parameters<VectorMath["emit"]>[2]);
  return "any";
}

/** The operation on int32 vectors that lie on the stack. */
function integer(p: Pusher, e: Apply): void {
  const { code } = p;
  switch (e.name) {
    case "add":
    case "sub":
    case "mul":
    case "neg":
    case "abs":
      code.op(`i32x4.${e.name}`);
      return;
    case "min":
    case "max":
      code.op(`i32x4.${e.name}_s`);
      return;
    case "floor":
    case "ceil":
    case "round":
      return;
    case "sign":
      // True is -1: whether it is negative, less whether it is positive.
      p.scratch(1, (x) => {
        code.set(x as Local);
        code
          .get(x as Local)
          .splat("i32", 0)
          .op("i32x4.lt_s");
        code
          .get(x as Local)
          .splat("i32", 0)
          .op("i32x4.gt_s")
          .op("i32x4.sub");
      });
      return;
    case "mod":
      remainder(p);
      return;
    default:
      throw notOnIntegers(e.name);
  }
}

/** x mod y with the sign of y, lane by lane; 0 where y is 0. */
function remainder(p: Pusher): void {
  const { code, lanes } = p;
  p.scratch(3, (...locals) => {
    const [x, y, out] = locals as readonly [Local, Local, Local];
    const [a, b, r] = [code.local("i32"), code.local("i32"), code.local("i32")];
    code.set(y).set(x).splat("i32", 0).set(out);
    for (let lane = 0; lane < lanes; lane++) {
      code.get(y).lane("i32x4.extract_lane", lane).set(b);
      code.get(b).if(() => {
        code.get(x).lane("i32x4.extract_lane", lane).tee(a).get(b).op("i32.rem_s").set(r);
        code.get(r).if(() => {
          code.get(r.xor(b).less(0));
          code.if(() => code.get(r).get(b).op("i32.add").set(r));
        });
        code.get(out).get(r).lane("i32x4.replace_lane", lane).set(out);
      });
    }
    code.get(out);
  });
}

function convert(p: Pusher, from: NumberKind, to: NumberKind): void {
  const { code, lanes } = p;
  switch (`${from} ${to}` as const) {
    case "f64 f32":
      code.op("f32x4.demote_f64x2_zero");
      return;
    case "f32 f64":
      code.op("f64x2.promote_low_f32x4");
      return;
    case "i32 f64":
      code.op("f64x2.convert_low_i32x4_s");
      return;
    case "i32 f32":
      code.op("f32x4.convert_i32x4_s");
      return;
    case "f64 i32":
      truncate(p);
      return;
    case "f32 i32":
      if (lanes === 2) {
        code.op("f64x2.promote_low_f32x4");
        truncate(p);
        return;
      }
      p.scratch(2, (...locals) => {
        const [x, low] = locals as readonly [Local, Local];
        code.tee(x).op("f64x2.promote_low_f32x4");
        truncate(p);
        code.set(low);
        high(code, x);
        code.op("f64x2.promote_low_f32x4");
        truncate(p);
        code.set(x).get(low).get(x);
        code.shuffle(firstHalves);
      });
      return;
    default:
      throw new Error(`nothing to convert from ${from} to ${to}`);
  }
}

/** Pushes the upper half of a vector as a lower one. */
export function high(code: Code, x: Local): void {
  code.get(x).get(x).shuffle(halvesSwapped);
}

/** Doubles to integers: cut off at the point, the last 32 bits of what is beyond; every step is exact. */
function truncate(p: Pusher): void {
  const { code } = p;
  p.scratch(1, (...locals) => {
    const [x] = locals as readonly [Local];
    code.op("f64x2.trunc").tee(x).get(x);
    code
      .splat("f64", 2 ** -32)
      .op("f64x2.mul")
      .op("f64x2.floor")
      .splat("f64", 2 ** 32)
      .op("f64x2.mul");
    code.op("f64x2.sub").op("i32x4.trunc_sat_f64x2_u_zero");
  });
}

/** The kinds that a kernel's expressions have decide how many lanes it has. */
export function lanesFor(kinds: Iterable<Kind>): Lanes {
  for (const kind of kinds) if (kind === "f64") return 2;
  return 4;
}
