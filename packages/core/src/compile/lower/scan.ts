import { Cumprod, Cumsum, LinearScan } from "../../ops/cumulate.js";
import { normalizeAxis, stridesOf } from "../../shape/shape.js";
import { nodeOf } from "../graph/graph.js";
import { type Expression, kindOf, type NumberKind } from "../ir/expression.js";
import { axisOf, linear, scaled } from "../ir/views.js";
import type { KernelBody, KernelRule } from "./lowering.js";

/** One step of a scan: the state before it, the elements of the inputs in its place, and which step it is. */
type Step = (k: KernelBody, state: Expression, elements: readonly Expression[], step: Expression) => Expression;

/** Both floats are cumulated in double precision, as in eager mode. */
function scan(
  initial: number,
  stores: (node: Cumsum | Cumprod | LinearScan) => "before" | "after",
  next: Step,
): KernelRule {
  return {
    uses: () => "matrix",
    lower: (value, s) => {
      const { shape } = value;
      const node = nodeOf<Cumsum | Cumprod | LinearScan>(value);
      const along = normalizeAxis(node.name, node.axis, shape);
      const axes = shape.length;
      // The axis of the scan is the last one of the loop, and goes back from its end in reverse.
      const order = [...shape.keys()].filter((axis) => axis !== along).concat(along);
      const steps = axisOf(axes, axes - 1);
      const k = s.body(order.map((axis) => shape[axis] as number));
      const place = shape.map((size, axis) => {
        if (axis !== along) return axisOf(axes, order.indexOf(axis));
        return node.reverse ? scaled(steps, -1, size - 1) : steps;
      });
      const kind: NumberKind = value.dtype === "int32" ? "i32" : "f64";
      const state = k.builder.state(kind, 0);
      const elements = value.inputs.map((x) => k.builder.as(s.element(x, place, k), kind));
      const after = next(k, state, elements, k.builder.index(steps));
      const stored = k.builder.as(stores(node) === "before" ? state : after, kindOf(value.dtype));
      s.push({
        kind: "loop",
        name: node.name,
        sizes: k.sizes,
        reduced: 1,
        reduction: { carries: [{ initial: k.builder.constant(kind, initial), next: after }], isScan: true },
        stores: [{ value: stored, target: s.target(value), to: linear(place, stridesOf(shape), axes) }],
      });
    },
  };
}

const cumulation = (operation: "add" | "mul", initial: number): KernelRule =>
  scan(
    initial,
    (node) => ((node as Cumsum | Cumprod).exclusive ? "before" : "after"),
    ({ builder }, state, [x]) => builder.arithmetic(state.kind as NumberKind)[operation](state, x as Expression),
  );

const linearScan = scan(
  0,
  () => "before",
  ({ builder }, state, [a, b], step) => {
    const k = builder.arithmetic(state.kind as NumberKind);
    const [factor, summand] = [a, b] as [Expression, Expression];
    // The first factor has nothing to multiply: where it is infinite, times 0 would be NaN. -0 leaves the sign of a first -0.
    const first = builder.arithmetic("i32").equal(step, 0);
    return k.add(k.mul(k.select(first, -0, factor), state), summand);
  },
);

export const scanRules: readonly (readonly [unknown, KernelRule])[] = [
  [Cumsum, cumulation("add", 0)],
  [Cumprod, cumulation("mul", 1)],
  [LinearScan, linearScan],
];
