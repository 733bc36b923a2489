import { ExpressionBuilder, numberKindOf, visitExpressions } from "../compile/ir/expression.js";
import { isFloat } from "../dtype.js";
import { Elementwise } from "../graph/elementwise.js";
import type { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import * as ops from "../ops/index.js";
import { mathNames } from "../wasm/vector-math/index.js";

/** The ops, besides functions of elements, whose compiled kernels beat the plain loops also when all has been copied in and out. */
const listed: ReadonlySet<unknown> = new Set<unknown>([
  ops.ArgMaxPool,
  ops.ArgSort,
  ops.Conv,
  ops.ConvTranspose,
  ops.ConvWeights,
  ops.Gather,
  ops.LogSoftmax,
  ops.LogSumExp,
  ops.MaxPool,
  ops.MaxUnpool,
  ops.Softmax,
  ops.Standardize,
  ops.Std,
  ops.Variance,
]);

/** Whether a node of such inputs gains by a compiled kernel. */
export function gains(node: Node, inputs: readonly Tensor[]): boolean {
  if (listed.has(node.constructor)) return true;
  return node instanceof Elementwise && inputs.every(({ dtype }) => isFloat(dtype)) && isFunction(node);
}

/** By the class of an op: whether its rule takes a function, such as exp, of an element. */
const functions = new WeakMap<object, boolean>();

function isFunction(node: Elementwise): boolean {
  const known = functions.get(node.constructor);
  if (known !== undefined) return known;
  const builder = new ExpressionBuilder();
  const inputs = Array.from({ length: node.inputCount }, (_, id) =>
    builder.load({ id, dtype: "float64", shape: [], size: 1, role: "input" }, { offset: 0, strides: [] }),
  );
  const made = node.rule.forward(builder.arithmetic(numberKindOf("float64")), ...inputs);
  let found = false;
  visitExpressions(typeof made === "number" ? [] : [made], (e) => {
    if (e.op === "apply" && e.name !== "sign" && (mathNames as readonly string[]).includes(e.name)) found = true;
  });
  functions.set(node.constructor, found);
  return found;
}
