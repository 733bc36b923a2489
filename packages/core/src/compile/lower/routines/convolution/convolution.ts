import { Conv, ConvTranspose, ConvWeights } from "../../../../ops/conv.js";
import type { Traced } from "../../../../trace/traced.js";
import { scalarBytes } from "../../../../wasm/simd.js";
import { nodeOf } from "../../../graph/graph.js";
import { type Buffer, scalarOf } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";
import type { KernelRule, Lowering } from "../../lowering.js";
import { type Filtering, winogradBytes } from "../winograd/layout.js";
import type { FilterOrder } from "../winograd/transforms.js";
import { emitWinograd } from "../winograd/winograd.js";
import { type PlaneAxis, placeIn, planesOf } from "./planes.js";
import { emitProducts, type Operands, type Pass, type Products, scratchBytes } from "./products.js";
import { convWeights } from "./weights.js";
import { adjointOf, axesOf, filteringOf, tapsOf, windowsBetween } from "./windows.js";

/** Pushes the kernel of a value whose inputs are a source, weights and perhaps a bias. */
function push(
  value: Traced,
  scratchSize: number,
  s: Lowering,
  emit: (context: KernelCode, operands: Operands, scratch: Buffer) => void,
): void {
  const [source, weights, bias] = value.inputs.map((input) => s.buffer(input)) as [Buffer, Buffer, Buffer?];
  const operands = { source, weights, bias: bias ?? null, target: s.target(value) };
  const scratch = s.scratch(scratchSize);
  const reads = bias === undefined ? [source, weights] : [source, weights, bias];
  s.routine("convolution", value, [reads, [operands.target, scratch]], (context) => emit(context, operands, scratch));
}

function pushProducts(value: Traced, products: Products, s: Lowering): void {
  push(value, scratchBytes(products), s, (context, operands, scratch) =>
    emitProducts(context, products, operands, scratch),
  );
}

/** Filtering, and plain products where its results are not finite. */
function pushFiltering(value: Traced, filtering: Filtering, order: FilterOrder, products: Products, s: Lowering): void {
  push(value, Math.max(winogradBytes(filtering), scratchBytes(products)), s, (context, operands, scratch) => {
    const plain = context.module.func({ params: [] }, (code) =>
      emitProducts({ ...context, code }, products, operands, scratch),
    );
    emitWinograd(context, filtering, order, { ...operands, scratch }).push();
    context.code.op("i32.eqz").if(() => context.code.call(plain));
  });
}

/** A convolution of x by the weights [filters, channels of a group, ...], and y, its result: in either direction. */
function convolutionOf(node: Conv | ConvTranspose, x: Traced, weights: Traced, y: Traced) {
  const scalar = scalarOf(y);
  const size = scalarBytes[scalar];
  const w = windowsBetween(node, x.shape, weights.shape.slice(2), y.shape);
  const [filters, channels] = weights.shape as [number, number];
  const batch = x.shape[0] as number;
  const kernelBytes = w.kernelHeight * w.kernelWidth * size;
  const filtering = filteringOf(node, scalar, w, batch, channels, filters);
  return { scalar, size, w, batch, filters, channels, kernelBytes, filtering };
}

const conv: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<Conv>(value);
    const [x, weights] = value.inputs as [Traced, Traced];
    const { scalar, size, w, batch, filters, channels, kernelBytes, filtering } = convolutionOf(
      node,
      x,
      weights,
      value,
    );
    const { rows, columns } = axesOf(w);
    const planes = planesOf(scalar, rows, columns);
    const products: Products = {
      scalar,
      batch,
      groups: node.groups,
      channels,
      filters: filters / node.groups,
      planes,
      sourceBytes: w.height * w.width * size,
      resultBytes: w.rows * w.columns * size,
      weightFilter: channels * kernelBytes,
      weightChannel: kernelBytes,
      passes: [{ taps: tapsOf(w, planes), first: 0, rows: w.rows, columns: w.columns }],
      masked: "never",
      resultRow: w.columns * size,
      resultColumn: size,
    };
    if (filtering === null) pushProducts(value, products, s);
    else pushFiltering(value, filtering, { filter: 9 * channels, channel: 9, flipped: false }, products, s);
  },
};

/**
 * One axis of the adjoint: position i of x gets w[k] y[(i + padding - k dilation) / stride] where the quotient is
 * whole. The positions with the same remainder by the stride have the same k, and their indices of y are t plus a
 * shift, t counting them.
 */
function residues(size: number, count: number, kernel: number, stride: number, padding: number, dilation: number) {
  const parts = Array.from({ length: Math.min(stride, size) }, (_, first) => ({
    first,
    count: Math.ceil((size - first) / stride),
    taps: Array.from({ length: kernel }, (_, k) => ({ k, shift: (first + padding - k * dilation) / stride })).filter(
      ({ shift }) => Number.isInteger(shift),
    ),
  }));
  const shifts = parts.flatMap(({ taps }) => taps.map(({ shift }) => shift));
  const ends = parts.flatMap((part) => part.taps.map(({ shift }) => shift + part.count));
  const least = shifts.length === 0 ? 0 : Math.min(...shifts);
  const extent = shifts.length === 0 ? 0 : Math.max(...ends) - least;
  return { parts, least, axis: { size: count, offset: 0 - least, stride: 1, extent } satisfies PlaneAxis };
}

const convTranspose: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<ConvTranspose>(value);
    const [y, weights] = value.inputs as [Traced, Traced];
    const { scalar, size, w, batch, filters, channels, kernelBytes, filtering } = convolutionOf(
      node,
      value,
      weights,
      y,
    );
    const down = residues(w.height, w.rows, w.kernelHeight, w.strideY, w.paddingY, w.dilationY);
    const across = residues(w.width, w.columns, w.kernelWidth, w.strideX, w.paddingX, w.dilationX);
    const planes = planesOf(scalar, down.axis, across.axis);
    const passes = down.parts.flatMap((row) =>
      across.parts.map(
        (column): Pass => ({
          taps: row.taps.flatMap((i) =>
            column.taps.map((j) => ({
              weight: (i.k * w.kernelWidth + j.k) * size,
              plane: placeIn(planes, i.shift - down.least, j.shift - across.least),
            })),
          ),
          first: (row.first * w.width + column.first) * size,
          rows: row.count,
          columns: column.count,
        }),
      ),
    );
    const products: Products = {
      scalar,
      batch,
      groups: node.groups,
      channels: filters / node.groups,
      filters: channels,
      planes,
      sourceBytes: w.rows * w.columns * size,
      resultBytes: w.height * w.width * size,
      weightFilter: kernelBytes,
      weightChannel: channels * kernelBytes,
      passes,
      masked: filtering === null ? "by weights" : "always",
      resultRow: w.strideY * w.width * size,
      resultColumn: w.strideX * size,
    };
    if (filtering === null) pushProducts(value, products, s);
    else pushFiltering(value, adjointOf(filtering), { filter: 9, channel: 9 * channels, flipped: true }, products, s);
  },
};

export const convolutionRules: readonly (readonly [unknown, KernelRule])[] = [
  [Conv, conv],
  [ConvTranspose, convTranspose],
  [ConvWeights, convWeights],
];
