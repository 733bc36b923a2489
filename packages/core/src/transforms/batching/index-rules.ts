import type { Tensor } from "../../graph/tensor.js";
import * as ops from "../../ops/index.js";
import { normalizeAxis } from "../../shape/shape.js";
import { type Batched, elementShape, expanded, inTable, moveAxis } from "./batched.js";
import { type Form, ruleFor } from "./rule.js";

/** Indices from the end as those from the beginning, and an error for one that is out of range. */
function checkedIndices(op: string, indices: Tensor, size: number): Tensor {
  const counted = indices.less(0).where(indices.add(size), indices) as Tensor;
  return new ops.InRange(op, size).apply(counted);
}

/** Rows of each element's own table: the tables one below the other, with indices that go on from one to the next. */
function take(node: ops.Take, [x, indices]: readonly Batched[], { size }: Form): Tensor {
  const [from, at] = [x as Batched, indices as Batched];
  const axis = normalizeAxis(node.name, node.axis, elementShape(from));
  if (!at.isBatched) return new ops.Take(axis + 1).apply(from.tensor, at.tensor);
  const own = elementShape(at).length;
  if (!from.isBatched) return moveAxes(new ops.Take(axis).apply(from.tensor, at.tensor), axis, 0, 1);
  const table = moveAxis(from.tensor, axis + 1, 1);
  const [, rows = 0, ...rest] = table.shape;
  const flat = table.reshape([size * rows, ...rest]);
  const places = inTable(checkedIndices(node.name, at.tensor, rows), rows);
  const taken = new ops.Take(0).apply(flat, places);
  // The axes of the indices stand where the one that they pick from stood.
  return moveAxes(taken, 1, axis + 1, own);
}

function indexAdd(node: ops.IndexAdd, [x, indices]: readonly Batched[], { size, shape }: Form): Tensor {
  const [from, at] = [x as Batched, indices as Batched];
  const axis = normalizeAxis(node.name, node.axis, shape);
  if (!at.isBatched) return new ops.IndexAdd([size, ...shape], axis + 1).apply(from.tensor, at.tensor);
  const own = elementShape(at).length;
  const rows = shape[axis] as number;
  const rest = shape.filter((_, i) => i !== axis);
  const source = moveAxes(expanded(from, size), axis + 1, 1, own);
  const places = inTable(checkedIndices(node.name, at.tensor, rows), rows);
  const sums = new ops.IndexAdd([size * rows, ...rest], 0).apply(source, places);
  return moveAxis(sums.reshape([size, rows, ...rest]), 1, axis + 1);
}

/** So many axes, from one place to another. */
function moveAxes(t: Tensor, from: number, to: number, count: number): Tensor {
  if (from === to) return t;
  const order = t.shape.map((_, axis) => axis);
  const moved = order.splice(from, count);
  order.splice(to, 0, ...moved);
  return t.transpose(order);
}

export const indexRules = () => [
  ruleFor(ops.Take, take),
  ruleFor(ops.IndexAdd, indexAdd),
  ruleFor(ops.ScatterAdd, (node, inputs, { size, shape }) => {
    const axis = normalizeAxis(node.name, node.axis, shape);
    const tensors = inputs.map((input) => expanded(input, size));
    return new ops.ScatterAdd([size, ...shape], axis + 1).apply(...tensors);
  }),
  // An index below 0 is none of the length, and must not count among those of the element before.
  ruleFor(ops.Bincount, (node, [x], { size }) => {
    const indices = new ops.InRange(node.name, node.length).apply((x as Batched).tensor);
    const counts = new ops.Bincount(size * node.length).apply(inTable(indices, node.length));
    return counts.reshape([size, node.length]);
  }),
];
