import type { Code } from "../../wasm/encoder.js";
import { tileRows } from "../../wasm/gemm-tile.js";
import { increase, repeat } from "../../wasm/loops.js";
import { align, type Scalar, scalarBytes } from "../../wasm/simd.js";
import type { KernelCode } from "../emit/context.js";
import type { Buffer } from "../kernel.js";
import { convolutionTiles } from "./convolution-tiles.js";
import { emitStage, type Planes } from "./planes.js";

/** Bytes behind planes that a vector may reach into. */
export const slack = 64;

/** One element of a window: where its weight and it stand, in bytes, in those of the first channel. */
export interface Tap {
  readonly weight: number;
  readonly plane: number;
}

/** A part of the results that sees its elements through the same taps. */
export interface Pass {
  readonly taps: readonly Tap[];
  /** Where the first result stands in its plane, in bytes. */
  readonly first: number;
  readonly rows: number;
  readonly columns: number;
}

/** result[n, g, f] = bias + the sum over channels and taps of weights times elements. Distances are in bytes. */
export interface Products {
  readonly scalar: Scalar;
  readonly batch: number;
  readonly groups: number;
  /** Of one group. */
  readonly channels: number;
  readonly filters: number;
  readonly planes: Planes;
  /** Of one channel of the source, and of one filter of the result. */
  readonly sourceBytes: number;
  readonly resultBytes: number;
  readonly weightFilter: number;
  readonly weightChannel: number;
  readonly passes: readonly Pass[];
  readonly resultRow: number;
  readonly resultColumn: number;
}

export interface Operands {
  readonly source: Buffer;
  readonly weights: Buffer;
  readonly bias: Buffer | null;
  readonly target: Buffer;
}

/**
 * Calls `body` for panels of about equal height that cover `total`: once in a loop for the whole ones, once for the
 * rest.
 */
export function forPanels(code: Code, total: number, most: number, body: (height: number) => void): void {
  const height = Math.ceil(total / Math.ceil(total / most));
  repeat(code, Math.floor(total / height), () => body(height));
  if (total % height > 0) body(total % height);
}

/** Writes where each tap of each channel stands: the weight and the element, or the element only. */
export function emitTable(
  code: Code,
  at: number,
  channels: number,
  taps: readonly Tap[],
  weightChannel: number | null,
  planeChannel: number,
): void {
  const [entry, weight, plane] = [code.local("i32"), code.local("i32"), code.local("i32")];
  const bytes = weightChannel === null ? 4 : 8;
  code.i32(at).set(entry).i32(0).set(weight).i32(0).set(plane);
  if (taps.length === 0) return;
  repeat(code, channels, () => {
    for (const [i, tap] of taps.entries()) {
      if (weightChannel !== null) {
        code
          .get(entry)
          .get(weight)
          .i32(tap.weight)
          .op("i32.add")
          .memory("i32.store", i * bytes);
      }
      code
        .get(entry)
        .get(plane)
        .i32(tap.plane)
        .op("i32.add")
        .memory("i32.store", (i + 1) * bytes - 4);
    }
    increase(code, entry, taps.length * bytes);
    if (weightChannel !== null) increase(code, weight, weightChannel);
    increase(code, plane, planeChannel);
  });
}

function tableBytes({ channels, passes }: Products): number {
  return align(passes.reduce((sum, { taps }) => sum + 8 * channels * taps.length, 0));
}

export function scratchBytes(products: Products): number {
  return tableBytes(products) + align(products.channels * products.planes.channelBytes) + slack;
}

/** Image by image and group by group: the padded planes, then all results that are made of them. */
export function emitProducts(context: KernelCode, products: Products, operands: Operands, scratch: Buffer): void {
  const { code, module, relaxed, address } = context;
  const { scalar, batch, groups, channels, filters, planes, passes } = products;
  if (operands.target.size === 0) return;
  const size = scalarBytes[scalar];
  const local = () => code.local("i32");
  const [source, weights, bias, result, staged] = [local(), local(), local(), local(), local()];
  const panel = { weights: local(), bias: local(), result: local() };
  const table = address(scratch);
  const tiles = (height: number, columns: number) =>
    convolutionTiles(module, {
      scalar,
      relaxed,
      filters: height,
      columns,
      weightStep: products.weightFilter,
      resultStep: products.resultBytes,
      planeRow: planes.rowBytes,
      resultRow: products.resultRow,
      resultColumn: products.resultColumn,
      bias: operands.bias !== null,
    });

  code.i32(table + tableBytes(products)).set(staged);
  code
    .get(staged)
    .i32(0)
    .i32(channels * planes.channelBytes + slack)
    .memoryFill();
  let end = table;
  const tables = passes.map(({ taps }) => {
    const start = end;
    emitTable(code, start, channels, taps, products.weightChannel, planes.channelBytes);
    end += 8 * channels * taps.length;
    return { start, end };
  });
  code.i32(address(operands.source)).set(source).i32(address(operands.target)).set(result);
  repeat(code, batch, () => {
    code.i32(address(operands.weights)).set(weights);
    if (operands.bias !== null) code.i32(address(operands.bias)).set(bias);
    repeat(code, groups, () => {
      emitStage(code, planes, channels, source, staged);
      for (const [i, { first, rows, columns }] of passes.entries()) {
        const { start, end } = tables[i] as { start: number; end: number };
        code.get(weights).set(panel.weights).get(bias).set(panel.bias);
        code.get(result).i32(first).op("i32.add").set(panel.result);
        forPanels(code, filters, tileRows(relaxed), (height) => {
          code.get(panel.weights).get(staged).get(panel.result).get(panel.bias).i32(start).i32(end).i32(rows);
          code.call(tiles(height, columns));
          increase(code, panel.weights, height * products.weightFilter);
          increase(code, panel.result, height * products.resultBytes);
          increase(code, panel.bias, height * size);
        });
      }
      increase(code, source, channels * products.sourceBytes);
      increase(code, result, filters * products.resultBytes);
      increase(code, weights, operands.weights.size === 0 ? 0 : (operands.weights.size / groups) * size);
      increase(code, bias, filters * size);
    });
  });
}
