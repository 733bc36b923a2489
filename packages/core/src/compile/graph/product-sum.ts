import { Concat } from "../../ops/concat.js";
import { MatMul } from "../../ops/matmul.js";
import { Transpose } from "../../ops/transpose.js";
import type { Trace } from "../../trace/trace.js";
import type { Traced } from "../../trace/traced.js";
import { type Join, joinTerms } from "./chains.js";
import { nodeOf } from "./graph.js";
import type { Make } from "./rewrite.js";

/** From how many products on; and how much more is saved, the sums not written and read, than copied. */
const least = { products: 4, gain: 4 } as const;

/**
 * The same program with sums of thin products as one product: what the steps of an unrolled loop add to the gradient of a matrix is a
 * column times a row each, and together a product of all columns and all rows.
 */
export function joinProducts(trace: Trace): Trace {
  return joinTerms(trace, products, joinProducts);
}

const products: Join = {
  op: MatMul,
  isTerm: isThin,
  least: least.products,
  together: (run, before, value, now, make) => {
    const [m, n] = value.shape as [number, number];
    const lines = (of: 0 | 1, width: number) => {
      const parts = run.map((product) => linesOf(product, of, now, make));
      const all = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
      return make({ kind: "node", node: new Concat(0) }, parts, { shape: [all, width], dtype: value.dtype });
    };
    const product = make({ kind: "node", node: new MatMul(true) }, [lines(0, m), lines(1, n)]);
    return before === null ? product : make(value.source, [before, product]);
  },
};

/** Whether a value is a product of matrices with so few steps that its operands are much smaller than it is. */
function isThin({ source, shape, inputs, dtype }: Traced): boolean {
  if (source.kind !== "node" || !(source.node instanceof MatMul) || dtype === "int32") return false;
  if (shape.length !== 2 || inputs.some((input) => input.shape.length !== 2)) return false;
  const [m, n] = shape as [number, number];
  const steps = inputs[0]?.shape[source.node.transposeA ? 0 : 1] as number;
  return least.gain * steps * (m + n) <= m * n;
}

/** An operand of a product with a line for each step. */
function linesOf(product: Traced, of: 0 | 1, now: (value: Traced) => Traced, make: Make): Traced {
  const { transposeA, transposeB } = nodeOf<MatMul>(product);
  const operand = now(product.inputs[of] as Traced);
  if (of === 0 ? transposeA : !transposeB) return operand;
  const [rows, columns] = operand.shape as [number, number];
  return make({ kind: "node", node: new Transpose([1, 0]) }, [operand], {
    shape: [columns, rows],
    dtype: operand.dtype,
  });
}
