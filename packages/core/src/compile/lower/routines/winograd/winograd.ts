/**
 * Convolutions with 3 x 3 filters by Winograd's minimal filtering, F(2 x 2, 3 x 3): 16 multiplications for 2 x 2
 * results in the place of 36. With matrices A, B and G, result = A' [(G w G') (B' x B)] A for each tile of 4 x 4
 * elements, the product in brackets element by element; over all channels and filters that is 16 products of matrices.
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015. The form is bilinear, and so the gradient of
 * the filters is G' [(A result A') (B' x B)] G.
 *
 * Sums and differences of elements make NaN of infinities, also where the plain sum has none, and may overflow. But each result
 * has a part in it of all that its plain sum has: where all results are finite they are right. Else the plain form follows.
 *
 * It buys a factor of 1.8 forward: 32 x 16 x 28 x 28 by 32 filters in 3.1 ms (see `convolution` in ir/routine.ts).
 */
import type { Code, Local } from "../../../../wasm/encoder.js";
import { Finite } from "../../../../wasm/finite.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { scalarBytes, vectorBytes } from "../../../../wasm/simd.js";
import type { Buffer } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";
import { zeroFill } from "../../zeros.js";
import { emitStage, type Planes } from "../convolution/planes.js";
import { emitTable, forPanels } from "../convolution/products.js";
import { convolutionTiles, dotRows, dotTiles, sumBytes } from "../convolution/tiles.js";
import { type Filtering, type Layout, layoutOf, points } from "./layout.js";
import {
  emitResults,
  emitTiles,
  emitTransform,
  emitWeights,
  type FilterOrder,
  type Matrix,
  ofElements,
  ofWeights,
  toResults,
  transposed,
} from "./transforms.js";

interface FilteringBuffers {
  readonly source: Buffer;
  readonly weights: Buffer;
  readonly bias: Buffer | null;
  readonly target: Buffer;
  readonly scratch: Buffer;
}

/** Where the matrices of a point stand: those of some filters, but for the elements. */
type Point = Readonly<Record<"weights" | "elements" | "results", Local>>;

/** For each point, the product of its matrices, in panels of at most so many filters; weights take so many bytes. */
function forPoints(
  code: Code,
  f: Filtering,
  { at, line, elementPoint }: Layout,
  base: number,
  most: number,
  weightBytes: number,
  multiply: (filters: number, point: Point) => void,
): void {
  const [weights, elements, results] = locals(code, "i32", 3);
  const point: Point = { weights, elements, results };
  for (const part of ["weights", "elements", "results"] as const) code.i32(base + at[part]).set(point[part]);
  repeat(code, points, () => {
    forPanels(code, f.filters, most, (filters) => {
      multiply(filters, point);
      increase(code, point.weights, filters * f.channels * weightBytes);
      increase(code, point.results, filters * line);
    });
    increase(code, point.elements, elementPoint);
  });
}

/** result = the convolution of the source by the weights; gives whether all of it is finite. */
export function emitWinograd(context: KernelCode, f: Filtering, order: FilterOrder, buffers: FilteringBuffers): Finite {
  const { code, module, relaxed, tile, address } = context;
  const layout = layoutOf(f);
  const { images, line, at, elementPlanes } = layout;
  const size = scalarBytes[f.scalar];
  const base = address(buffers.scratch);
  const [source, target, staged, lines] = locals(code, "i32", 4);
  const finite = new Finite(code, f.scalar);
  zeroFill(code, base, at.elements);
  emitTable(code, base + at.table, f.channels, [{ weight: 0, plane: 0 }], size, line);
  emitWeights(code, f, layout, order, address(buffers.weights), base + at.weights);
  code.set(source, address(buffers.source)).set(target, address(buffers.target));
  code.set(staged, base + at.elementPlanes);
  repeat(code, f.batch / images, () => {
    code.set(lines, base + at.elements);
    repeat(code, images, () => {
      emitStage(code, elementPlanes, f.channels, source, staged);
      emitTiles(
        code,
        ofElements,
        elementPlanes,
        f.channels,
        layout,
        base + at.elementPlanes,
        layout.elementPoint,
        lines,
      );
      increase(code, source, f.channels * f.height * f.width * size);
      increase(code, lines, layout.down * layout.across * size);
    });
    forPoints(code, f, layout, base, tile.rows, size, (height, { weights, elements, results }) => {
      const func = convolutionTiles(module, {
        scalar: f.scalar,
        relaxed,
        filters: height,
        vectors: tile.vectors,
        columns: images * layout.down * layout.across,
        weightStep: f.channels * size,
        resultStep: line,
        planeRow: 0,
        resultRow: 0,
        resultColumn: size,
        bias: false,
        mask: null,
      });
      const [start, end] = [base + at.table, base + at.table + 8 * f.channels];
      code.get(weights).get(elements).get(results).i32(0).i32(start).i32(end).i32(1).call(func);
    });
    code.set(lines, base + at.results);
    repeat(code, images, () => {
      const bias = buffers.bias === null ? null : address(buffers.bias);
      // The planes of results are free here: two rows of them.
      emitResults(code, f, layout, lines, target, base + at.resultPlanes, bias);
      // Now, while they are in the cache.
      finite.look(target, f.filters * f.rows * f.columns);
      increase(code, lines, layout.down * layout.across * size);
      increase(code, target, f.filters * f.rows * f.columns * size);
    });
  });
  return finite;
}

/** Zeros behind the last tile of each line: dot products take whole vectors. */
function emitLineEnds(code: Code, { line }: Layout, first: number, count: number): void {
  const at = code.local("i32");
  code.set(at, first);
  repeat(code, count, () => {
    for (const back of [2, 1])
      code
        .get(at)
        .splat("i32", 0)
        .memory("v128.store", line - back * vectorBytes);
    increase(code, at, line);
  });
}

/** target = the gradient of the weights; `weights` is that of the results. */
export function emitWinogradWeights(context: KernelCode, f: Filtering, buffers: Omit<FilteringBuffers, "bias">): void {
  const { code, module, relaxed, address } = context;
  const layout = layoutOf(f);
  const { images, line, at } = layout;
  const size = scalarBytes[f.scalar];
  const base = address(buffers.scratch);
  const [source, given, staged, lines] = locals(code, "i32", 4);
  const [sums, target] = locals(code, "i32", 2);
  zeroFill(code, base, at.elements);
  emitLineEnds(code, layout, base + at.elements, points * (f.channels + f.filters));
  emitTable(code, base + at.table, f.channels, [{ weight: 0, plane: 0 }], null, line);
  code.set(source, address(buffers.source)).set(given, address(buffers.weights));
  const prepare = (from: Local, matrix: Matrix, planes: Planes, channels: number, bytes: number, stagedAt: number) => {
    code.set(staged, stagedAt);
    emitStage(code, planes, channels, from, staged);
    const [point, start] =
      planes === layout.elementPlanes ? [layout.elementPoint, at.elements] : [layout.resultPoint, at.results];
    code.set(target, lines.add(base + start));
    emitTiles(code, matrix, planes, channels, layout, stagedAt, point, target);
    increase(code, from, channels * bytes);
  };
  repeat(code, f.batch / images, () => {
    code.set(lines, 0);
    repeat(code, images, () => {
      const [elementPlanes, resultPlanes] = [base + at.elementPlanes, base + at.resultPlanes];
      prepare(source, ofElements, layout.elementPlanes, f.channels, f.height * f.width * size, elementPlanes);
      prepare(given, transposed(toResults), layout.resultPlanes, f.filters, f.rows * f.columns * size, resultPlanes);
      increase(code, lines, layout.down * layout.across * size);
    });
    forPoints(code, f, layout, base, dotRows, sumBytes, (height, { weights, elements, results }) => {
      const func = dotTiles(module, {
        scalar: f.scalar,
        relaxed,
        rows: height,
        rowStep: line,
        resultStep: f.channels * sumBytes,
        columns: f.channels,
        vectors: line / vectorBytes - 1,
        masked: false,
      });
      code
        .get(results)
        .get(elements)
        .get(weights)
        .i32(base + at.table)
        .i32(0)
        .call(func);
    });
  });
  code.set(sums, base + at.weights).set(target, address(buffers.target));
  repeat(code, f.filters * f.channels, () => {
    emitTransform(
      code,
      "f64",
      transposed(ofWeights),
      (row, column) => code.get(sums).memory("f64.load", (4 * row + column) * layout.sumPoint),
      (row, column, push) => {
        code.get(target);
        push();
        if (f.scalar === "f32") code.op("f32.demote_f64");
        code.memory(`${f.scalar}.store`, (3 * row + column) * size);
      },
    );
    increase(code, sums, sumBytes);
    increase(code, target, 9 * size);
  });
}
