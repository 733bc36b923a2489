import { Elementwise } from "../../graph/elementwise.js";
import { Node } from "../../graph/node.js";
import * as ops from "../../ops/index.js";
import { Reduction } from "../../ops/reduction.js";
import { sizeOf } from "../../shape/shape.js";
import { aligned, type Batched, elementShape, expanded } from "./batched.js";
import { batchedComposition } from "./function.js";
import { indexRules } from "./index-rules.js";
import { oneByOne } from "./one-by-one.js";
import { productRules } from "./product-rules.js";
import { type BatchRule, type Form, ruleFor, withSettings } from "./rule.js";
import type { Run } from "./run.js";
import { windowRules } from "./window-rules.js";

/** Axes that are counted from the end stay what they are. */
const behindBatch = (axis: number) => (axis < 0 ? axis : axis + 1);

function axesBehindBatch(axis: number | readonly number[] | undefined, rank: number): readonly number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i + 1);
  return typeof axis === "number" ? [behindBatch(axis)] : axis.map(behindBatch);
}

const elementwise: BatchRule = (node, inputs, { shape }) =>
  node.again().apply(...inputs.map((input) => aligned(input, shape.length)));

/** All that is done to an element is done to each element of what has one axis more. */
const asItIs: BatchRule = (node, inputs, { size }) =>
  node.again().apply(...inputs.map((input) => expanded(input, size)));

const alongAxis: BatchRule<Node & { readonly axis: number }> = (node, inputs, { size }) =>
  withSettings(node, { axis: behindBatch(node.axis) }).apply(...inputs.map((input) => expanded(input, size)));

const alongAxes: BatchRule<Node & { readonly axis: number | readonly number[] | undefined }> = (node, [x]) => {
  const { tensor } = x as Batched;
  return withSettings(node, { axis: axesBehindBatch(node.axis, tensor.rank - 1) }).apply(tensor);
};

const argExtreme: BatchRule<ops.ArgMax | ops.ArgMin> = (node, [x], { size, shape }) => {
  const { tensor } = x as Batched;
  if (node.axis !== undefined) return withSettings(node, { axis: behindBatch(node.axis) }).apply(tensor);
  const flat = tensor.reshape([size, sizeOf(tensor.shape, 1)]);
  return withSettings(node, { axis: 1, keepDims: false })
    .apply(flat)
    .reshape([size, ...shape]);
};

const reshaped: BatchRule = (_node, [x], { size, shape }) => (x as Batched).tensor.reshape([size, ...shape]);

/** By the class of the node. */
const table = () =>
  new Map<unknown, BatchRule<never>>([
    ...[ops.Cumsum, ops.Cumprod, ops.LinearScan, ops.ArgSort, ops.Softmax, ops.LogSoftmax].map((Op) =>
      ruleFor<Node & { readonly axis: number }>(Op, alongAxis),
    ),
    ...[ops.Concat, ops.Stack, ops.Gather].map((Op) => ruleFor<Node & { readonly axis: number }>(Op, alongAxis)),
    ...[ops.Center, ops.Standardize].map((Op) =>
      ruleFor<Node & { readonly axis: number | readonly number[] | undefined }>(Op, alongAxes),
    ),
    ...[ops.ArgMax, ops.ArgMin].map((Op) => ruleFor<ops.ArgMax | ops.ArgMin>(Op, argExtreme)),
    ...[ops.Reshape, ops.ExpandDims, ops.Squeeze].map((Op) => ruleFor<Node>(Op, reshaped)),
    ...[ops.Cast, ops.OneHot, ops.InRange].map((Op) => ruleFor<Node>(Op, asItIs)),
    ruleFor(ops.BroadcastTo, (_node, [x], { size, shape }) =>
      aligned(x as Batched, shape.length).broadcastTo([size, ...shape]),
    ),
    ruleFor(ops.Transpose, (node, [x]) => {
      const order = node.orderOf({ shape: elementShape(x as Batched) });
      return new ops.Transpose([0, ...order.map((axis) => axis + 1)]).apply((x as Batched).tensor);
    }),
    ruleFor(ops.Slice, (node, [x]) => new ops.Slice([null, ...node.ranges]).apply((x as Batched).tensor)),
    ruleFor(ops.Unslice, (node, [x], { size, shape }) =>
      new ops.Unslice([null, ...node.ranges], [size, ...shape]).apply((x as Batched).tensor),
    ),
    ruleFor(ops.Pad, (node, [x]) => new ops.Pad([[0, 0], ...node.widths], node.value).apply((x as Batched).tensor)),
    ...indexRules(),
    ...productRules(),
    ...windowRules(),
  ]);

/** Made when it is first used, so that a bundle without vmap has none of it. */
let rules: ReadonlyMap<unknown, BatchRule<never>> | null = null;

/** The rule of a node, if it has one. */
export function batchRuleOf(node: Node): BatchRule | null {
  rules ??= table();
  const own = rules.get(node.constructor);
  if (own !== undefined) return own as BatchRule;
  if (node instanceof Elementwise) return elementwise;
  return node instanceof Reduction ? (alongAxes as BatchRule as never) : null;
}

/**
 * A node for a batch. One of unbatched inputs stays one; what has no rule is done by what it is composed of, or for one element after
 * the other.
 */
export function batchedNode(node: Node, inputs: readonly Batched[], form: Form, run: Run): Batched {
  if (!inputs.some(({ isBatched }) => isBatched)) {
    return { tensor: node.again().apply(...inputs.map(({ tensor }) => tensor)), isBatched: false };
  }
  const rule = batchRuleOf(node);
  if (rule !== null) return { tensor: rule(node, inputs, form), isBatched: true };
  if (isComposed(node)) return { tensor: batchedComposition(node, inputs, run), isBatched: true };
  const [result] = oneByOne(node.name, inputs, form.size, (...elements) => [node.again().apply(...elements)]);
  return result as Batched;
}

function isComposed(node: Node): boolean {
  return node.composed !== Node.prototype.composed;
}
