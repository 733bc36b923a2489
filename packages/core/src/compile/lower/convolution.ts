import type { Traced } from "../../graph/tracing.js";
import type { Windows } from "../../kernels/windows.js";
import { Conv, ConvTranspose, ConvWeights } from "../../ops/conv.js";
import type { Shape } from "../../shape/types.js";
import { windowsOf } from "../../shape/window.js";
import { increase, lanesOf, times, vectorBytes } from "../../wasm/gemm-tile.js";
import type { Buffer } from "../kernel.js";
import type { Scheduler } from "../schedule.js";
import {
  align,
  emitProducts,
  emitTable,
  forPanels,
  type Pass,
  type Products,
  repeat,
  scratchBytes,
  slack,
  type Tap,
} from "./convolution-products.js";
import { emitDotTiles } from "./convolution-tiles.js";
import { nodeOf } from "./inline.js";
import type { KernelRule } from "./kernels.js";
import { bytesOf, emitStage, type PlaneAxis, type Planes, placeIn, planesOf, scalarOf } from "./planes.js";

function push(value: Traced, products: Products, s: Scheduler): void {
  const [source, weights, bias] = value.inputs.map((input) => s.buffer(input));
  const operands = {
    source: source as Buffer,
    weights: weights as Buffer,
    bias: bias ?? null,
    target: s.target(value),
  };
  const scratch = s.scratch(scratchBytes(products));
  s.push({
    kind: "special",
    name: products.name,
    reads: [operands.source, operands.weights, ...(bias === undefined ? [] : [bias])],
    writes: [operands.target, scratch],
    emit: (context) => emitProducts(context, products, operands, scratch),
  });
}

/** The windows of x that y has one element each of; windows of single elements side by side are one row of them. */
function windowsBetween(node: Conv | ConvTranspose | ConvWeights, x: Shape, kernel: Shape, y: Shape): Windows {
  const w = windowsOf(x.slice(2), kernel, y.slice(2), node);
  const plain =
    w.kernelHeight * w.kernelWidth === 1 && w.strideY * w.strideX === 1 && w.paddingY === 0 && w.paddingX === 0;
  const elements = w.rows * w.columns;
  return plain ? { ...w, height: 1, width: elements, rows: 1, columns: elements } : w;
}

/** The elements of a plane that windows see, with its padding. */
function axesOf(w: Windows): { readonly rows: PlaneAxis; readonly columns: PlaneAxis } {
  const axis = (size: number, offset: number, stride: number, count: number, span: number): PlaneAxis => ({
    size,
    offset,
    stride,
    extent: count + Math.floor(span / stride),
  });
  return {
    rows: axis(w.height, w.paddingY, w.strideY, w.rows, (w.kernelHeight - 1) * w.dilationY),
    columns: axis(w.width, w.paddingX, w.strideX, w.columns, (w.kernelWidth - 1) * w.dilationX),
  };
}

function tapsOf(w: Windows, planes: Planes): Tap[] {
  const size = bytesOf(planes.scalar);
  return Array.from({ length: w.kernelHeight * w.kernelWidth }, (_, i) => {
    const [row, column] = [Math.floor(i / w.kernelWidth), i % w.kernelWidth];
    return { weight: i * size, plane: placeIn(planes, row * w.dilationY, column * w.dilationX) };
  });
}

const conv: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<Conv>(value);
    const [x, weights] = value.inputs as [Traced, Traced];
    const scalar = scalarOf(value);
    const size = bytesOf(scalar);
    const w = windowsBetween(node, x.shape, weights.shape.slice(2), value.shape);
    const { rows, columns } = axesOf(w);
    const planes = planesOf(scalar, rows, columns);
    const kernelBytes = w.kernelHeight * w.kernelWidth * size;
    const channels = weights.shape[1] as number;
    push(
      value,
      {
        name: node.name,
        scalar,
        batch: x.shape[0] as number,
        groups: node.groups,
        channels,
        filters: (weights.shape[0] as number) / node.groups,
        planes,
        sourceBytes: w.height * w.width * size,
        resultBytes: w.rows * w.columns * size,
        weightFilter: channels * kernelBytes,
        weightChannel: kernelBytes,
        passes: [{ taps: tapsOf(w, planes), first: 0, rows: w.rows, columns: w.columns }],
        resultRow: w.columns * size,
        resultColumn: size,
      },
      s,
    );
  },
};

/**
 * One axis of the adjoint: position i of x gets w[k] y[(i + padding - k dilation) / stride] where the quotient is whole. The
 * positions with the same remainder by the stride have the same k, and their indices of y are t plus a shift, t counting them.
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
    const scalar = scalarOf(value);
    const size = bytesOf(scalar);
    const w = windowsBetween(node, value.shape, weights.shape.slice(2), y.shape);
    const down = residues(w.height, w.rows, w.kernelHeight, w.strideY, w.paddingY, w.dilationY);
    const across = residues(w.width, w.columns, w.kernelWidth, w.strideX, w.paddingX, w.dilationX);
    const planes = planesOf(scalar, down.axis, across.axis);
    const kernelBytes = w.kernelHeight * w.kernelWidth * size;
    const filters = weights.shape[1] as number;
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
    push(
      value,
      {
        name: node.name,
        scalar,
        batch: y.shape[0] as number,
        groups: node.groups,
        channels: (weights.shape[0] as number) / node.groups,
        filters,
        planes,
        sourceBytes: w.rows * w.columns * size,
        resultBytes: w.height * w.width * size,
        weightFilter: kernelBytes,
        weightChannel: filters * kernelBytes,
        passes,
        resultRow: w.strideY * w.width * size,
        resultColumn: w.strideX * size,
      },
      s,
    );
  },
};

/** Elements of planes, at most (or one image's), that stay in the cache; and vectors that make a dot product long enough. */
const stagedElements = 1 << 15;
const enoughVectors = 128;

/** Images that are staged together: a divisor of the batch. */
function imagesTogether(batch: number, vectors: number, elements: number): number {
  const limit = Math.max(1, Math.min(Math.ceil(enoughVectors / vectors), Math.floor(stagedElements / elements)));
  for (let images = Math.min(batch, limit); images > 1; images--) if (batch % images === 0) return images;
  return 1;
}

/** w = the sum over images and windows of y times what the windows see: dot products along the windows. */
const convWeights: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<ConvWeights>(value);
    const [x, y] = value.inputs as [Traced, Traced];
    const [batch, groups] = [x.shape[0] as number, node.groups];
    const [filters, channels] = [(value.shape[0] as number) / groups, value.shape[1] as number];
    const scalar = scalarOf(value);
    const size = bytesOf(scalar);
    const w = windowsBetween(node, x.shape, node.kernel, y.shape);
    const { rows, columns } = axesOf(w);
    // The rows of y get the gaps that those of the planes have: windows and elements run side by side.
    const plane = rows.extent * columns.extent;
    const lanes = lanesOf[scalar];
    const parts = rows.stride * columns.stride;
    const images = imagesTogether(batch, Math.ceil(plane / lanes), plane * (channels * parts + filters));
    const seen = planesOf(scalar, rows, columns, images);
    const alone = (count: number, extent: number): PlaneAxis => ({ size: count, offset: 0, stride: 1, extent });
    const given = planesOf(scalar, alone(w.rows, rows.extent), alone(w.columns, columns.extent), images, vectorBytes);
    const length = (images - 1) * plane + (w.rows - 1) * columns.extent + w.columns;
    const taps = tapsOf(w, seen);
    const k = channels * taps.length;
    const bytes = { table: align(4 * k), seen: align(channels * seen.channelBytes) + slack };
    const [from, by, target] = [s.buffer(x), s.buffer(y), s.target(value)];
    const scratch = s.scratch(bytes.table + bytes.seen + filters * given.channelBytes);
    s.push({
      kind: "special",
      name: node.name,
      reads: [from, by],
      writes: [target, scratch],
      emit: ({ code, module, relaxed, address }) => {
        if (target.size === 0) return;
        const table = address(scratch);
        const staged = { seen: table + bytes.table, given: table + bytes.table + bytes.seen };
        const local = () => code.local("i32");
        const [source, factor, result, panel, image] = [local(), local(), local(), local(), local()];
        const [nextSource, nextFactor, seenAt, givenAt] = [local(), local(), local(), local()];
        code
          .i32(address(target))
          .i32(0)
          .i32(target.size * size)
          .memoryFill();
        code
          .i32(staged.seen)
          .i32(0)
          .i32(bytes.seen + filters * given.channelBytes)
          .memoryFill();
        emitTable(code, table, channels, taps, null, seen.channelBytes);
        const [sourceStep, factorStep] = [channels * w.height * w.width * size, filters * w.rows * w.columns * size];
        code.i32(address(from)).set(source).i32(address(by)).set(factor);
        repeat(code, batch / images, () => {
          code.i32(address(target)).set(result);
          repeat(code, groups, () => {
            code.get(source).set(nextSource).get(factor).set(nextFactor);
            code.i32(staged.seen).set(seenAt).i32(staged.given).set(givenAt);
            code.i32(images).set(image);
            times(code, image, () => {
              emitStage(code, seen, channels, nextSource, seenAt);
              emitStage(code, given, filters, nextFactor, givenAt);
              increase(code, nextSource, groups * sourceStep);
              increase(code, nextFactor, groups * factorStep);
              increase(code, seenAt, seen.imageBytes);
              increase(code, givenAt, given.imageBytes);
            });
            code.i32(staged.given).set(panel);
            forPanels(code, filters, 4, (height) => {
              const tiles = emitDotTiles(module, {
                scalar,
                relaxed,
                rows: height,
                rowStep: given.channelBytes,
                resultStep: k * size,
                columns: k,
                vectors: Math.ceil(length / lanes),
              });
              code.get(panel).i32(staged.seen).get(result).i32(table).call(tiles);
              increase(code, panel, height * given.channelBytes);
              increase(code, result, height * k * size);
            });
            increase(code, source, sourceStep);
            increase(code, factor, factorStep);
          });
          increase(code, source, (images - 1) * groups * sourceStep);
          increase(code, factor, (images - 1) * groups * factorStep);
        });
      },
    });
  },
};

export const convolutionRules: readonly (readonly [unknown, KernelRule])[] = [
  [Conv, conv],
  [ConvTranspose, convTranspose],
  [ConvWeights, convWeights],
];
