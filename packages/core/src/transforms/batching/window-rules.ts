import type { Tensor } from "../../graph/tensor.js";
import * as ops from "../../ops/index.js";
import { sizeOf } from "../../shape/shape.js";
import { type Batched, expanded, folded, inTable, moveAxis, startsOf } from "./batched.js";
import { type BatchRule, type Form, ruleFor, withSettings } from "./rule.js";

/** The batch as more images, [images, channels, ...] as they are. */
const moreImages: BatchRule = (node, [x], { size, shape }) =>
  node
    .again()
    .apply(folded((x as Batched).tensor))
    .reshape([size, ...shape]);

/** [batch, images, channels, ...] as [images, batch * channels, ...]: the elements are groups of the channels. */
function asGroups(x: Batched, size: number): Tensor {
  const moved = moveAxis(expanded(x, size), 0, 1);
  const [images = 0, , channels = 0, ...plane] = moved.shape;
  return moved.reshape([images, size * channels, ...plane]);
}

/** The other way round. */
function fromGroups(y: Tensor, { size, shape }: Form): Tensor {
  const [images = 0, , ...plane] = y.shape;
  return moveAxis(y.reshape([images, size, shape[1] as number, ...plane]), 1, 0);
}

function withBias(y: Tensor, bias: Batched | undefined): Tensor {
  if (bias === undefined) return y;
  const planes = new Array<number>(y.rank - 3).fill(1);
  const { tensor, isBatched } = bias;
  return y.add(
    tensor.reshape(
      isBatched ? [tensor.shape[0] as number, 1, tensor.shape[1] as number, ...planes] : [tensor.size, ...planes],
    ),
  );
}

/** Images of a batch are more images; where each element has filters of its own, they are groups. */
function convolution(node: ops.Conv | ops.ConvTranspose, inputs: readonly Batched[], form: Form): Tensor {
  const [x, w, bias] = inputs as readonly [Batched, Batched, Batched?];
  const { size, shape } = form;
  if (!w.isBatched && bias?.isBatched !== true) {
    const others = inputs.slice(1).map(({ tensor }) => tensor);
    return node
      .again()
      .apply(folded(x.tensor), ...others)
      .reshape([size, ...shape]);
  }
  if (!w.isBatched) {
    const y = x.isBatched
      ? node
          .again()
          .apply(folded(x.tensor), w.tensor)
          .reshape([size, ...shape])
      : node.again().apply(x.tensor, w.tensor).expandDims(0);
    return withBias(y, bias);
  }
  const groups = withSettings(node, { groups: node.groups * size });
  return withBias(fromGroups(groups.apply(asGroups(x, size), folded(w.tensor)), form), bias);
}

/** Places count through all images of an element. */
function places(node: ops.ArgMaxPool, [x]: readonly Batched[], { size, shape }: Form): Tensor {
  const { tensor } = x as Batched;
  const all = node
    .again()
    .apply(folded(tensor))
    .reshape([size, ...shape]);
  return all.sub(startsOf(all, sizeOf(tensor.shape, 1)));
}

export const windowRules = () => [
  ruleFor<ops.Conv | ops.ConvTranspose>(ops.Conv, convolution),
  ruleFor<ops.Conv | ops.ConvTranspose>(ops.ConvTranspose, convolution),
  ruleFor(ops.ConvWeights, (node, [x, y], { size, shape }) =>
    withSettings(node, { groups: node.groups * size })
      .apply(asGroups(x as Batched, size), asGroups(y as Batched, size))
      .reshape([size, ...shape]),
  ),
  ruleFor<ops.MaxPool | ops.AvgPool>(ops.MaxPool, moreImages),
  ruleFor<ops.MaxPool | ops.AvgPool>(ops.AvgPool, moreImages),
  ruleFor(ops.ArgMaxPool, places),
  ruleFor(ops.MaxUnpool, (_node, [y, places], { size, shape }) => {
    return new ops.MaxUnpool([size, ...shape]).apply(
      expanded(y as Batched, size),
      inTable(expanded(places as Batched, size), sizeOf(shape)),
    );
  }),
  ruleFor(ops.AvgUnpool, (node, [y], { size, shape }) => {
    const [images = 0, ...rest] = shape;
    return withSettings(node, { shape: [size * images, ...rest] })
      .apply(folded((y as Batched).tensor))
      .reshape([size, ...shape]);
  }),
  ruleFor(ops.Im2col, moreImages),
  ruleFor(ops.Col2im, (node, [columns], { size, shape }) => {
    const [images = 0, ...rest] = shape;
    return withSettings(node, { shape: [size * images, ...rest] })
      .apply(folded((columns as Batched).tensor))
      .reshape([size, ...shape]);
  }),
];
