import type { Node } from "../../graph/node.js";
import { MatMul } from "../../ops/matmul.js";
import { Reshape } from "../../ops/reshape.js";
import { sizeOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { KnownValues } from "../../trace/known-values.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import type { Scan } from "../../transforms/control/scan-node.js";
import { neededBy, nodeOf, orderOf } from "./graph.js";
import { leastTerms } from "./reuse-products.js";
import { rewritten, withInputs } from "./rewrite.js";
import { isScan } from "./scans.js";
import { plain } from "./sums-behind.js";

/**
 * The same program with the products of a loop's elements with what is the same in all steps computed ahead of the loop, those of all
 * steps at once, as rows: the matrix is read once, and not once a step.
 */
export function productsAhead(trace: Trace): Trace {
  const plans = new Map<Traced, readonly Ahead[]>();
  for (const whole of neededBy(trace).filter(isScan)) {
    const found = aheadIn(nodeOf<Scan>(whole));
    if (found.length > 0) plans.set(whole, found);
  }
  if (plans.size === 0) return trace;
  // Several loops have the same products.
  const known = new KnownValues();
  return rewritten(trace, (value, now, make) => {
    const inputs = value.inputs.map(now);
    const found = plans.get(value);
    if (found === undefined) return make(value.source, inputs);
    const op = (node: Node, operands: readonly Traced[], form: Pick<Traced, "shape" | "dtype">) =>
      known.of(node, operands, () => make({ kind: "node", node }, operands, form));
    const whole = nodeOf<Scan>(value);
    const { carries, elements, length, body } = whole;
    const made = new Map<Traced, Traced>(body.trace.inputs.map((input, i) => [input, inputs[i] as Traced]));
    const outside = (inner: Traced): Traced => {
      const there = made.get(inner) ?? op(nodeOf(inner), inner.inputs.map(outside), inner);
      made.set(inner, there);
      return there;
    };
    const rows = found.map(({ element, constant, terms, transposes, product }): Traced => {
      const [x, matrix] = [inputs[carries + element] as Traced, outside(constant)];
      const { dtype } = product;
      const lines = sizeOf(x.shape) / terms;
      const columns = (length * sizeOf(product.shape)) / lines;
      const flat = op(new Reshape([lines, terms]), [x], { shape: [lines, terms], dtype });
      const all = op(new MatMul(false, transposes), [flat, matrix], { shape: [lines, columns], dtype });
      const shape: Shape = [length, ...product.shape];
      return op(new Reshape(shape), [all], { shape, dtype });
    });
    const end = carries + elements;
    const given = body.trace.inputs.toSpliced(end, 0, ...found.map(({ product }) => product));
    const node = whole.withLess({
      elements: elements + found.length,
      body: { ...body, trace: withInputs(body.trace, given) },
    });
    return make({ kind: "node", node }, inputs.toSpliced(end, 0, ...rows));
  });
}

/** A product of an element with what is the same in all steps. */
interface Ahead {
  readonly product: Traced;
  /** The number of the element. */
  readonly element: number;
  readonly constant: Traced;
  readonly terms: number;
  /** Whether the constant is to be transposed, to stand on the right. */
  readonly transposes: boolean;
}

function aheadIn({ carries, elements, length, test, hasCount, body: { trace } }: Scan): readonly Ahead[] {
  if (test !== null || hasCount || length < 2) return [];
  const given = trace.inputs.slice(carries, carries + elements);
  const constants = new Set<Traced>(trace.inputs.slice(carries + elements));
  const found: Ahead[] = [];
  for (const value of orderOf(trace.outputs)) {
    const { source, inputs } = value;
    const node = source.kind === "node" ? source.node : null;
    if (node !== null && inputs.length > 0 && inputs.every((input) => constants.has(input))) constants.add(value);
    if (!(node instanceof MatMul) || constants.has(value)) continue;
    const [left, right] = inputs as [Traced, Traced];
    if (left.shape.length > 2 || right.shape.length > 2) continue;
    const isLeft = constants.has(right);
    if (!isLeft && !constants.has(left)) continue;
    const [x, constant] = isLeft ? [left, right] : [right, left];
    const element = given.indexOf(plain(x));
    if (element < 0 || constant.shape.length !== 2) continue;
    // The terms along the last axis, lines of them before it: a vector in any form, or a matrix that stands on the left as it is.
    const isVector = x.shape.length === 1 || x.shape.includes(1);
    const isMatrix = isLeft && !node.transposeA;
    if (!isVector && !isMatrix) continue;
    const constantTerms = isLeft ? constant.shape[node.transposeB ? 1 : 0] : constant.shape[node.transposeA ? 0 : 1];
    const terms = constantTerms as number;
    if (terms < leastTerms || sizeOf(x.shape) % terms !== 0 || (isVector && sizeOf(x.shape) !== terms)) continue;
    found.push({ product: value, element, constant, terms, transposes: isLeft ? node.transposeB : !node.transposeA });
  }
  return found;
}
