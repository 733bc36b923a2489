import type { Code } from "../../../../wasm/encoder.js";
import { Finite } from "../../../../wasm/finite.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { align, type Scalar, scalarBytes } from "../../../../wasm/simd.js";
import type { Buffer } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";
import { onesFill, zeroFill } from "../../zeros.js";
import { emitStage, type Planes } from "./planes.js";
import { convolutionTiles } from "./tiles.js";

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

/**
 * When the zeros around the elements are left out. Those of a convolution are its padding, and count: times an infinity they are
 * NaN. Its adjoint has no padding; there they are no more than a way to have all windows alike, as long as the weights are finite.
 */
type Masked = "never" | "by weights" | "always";

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
  readonly masked: Masked;
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
  const [entry, weight, plane] = locals(code, "i32", 3);
  const bytes = weightChannel === null ? 4 : 8;
  code.set(entry, at).set(weight, 0).set(plane, 0);
  if (taps.length === 0) return;
  repeat(code, channels, () => {
    for (const [i, tap] of taps.entries()) {
      if (weightChannel !== null) {
        code.store("i32.store", entry, weight.add(tap.weight), i * bytes);
      }
      code.store("i32.store", entry, plane.add(tap.plane), (i + 1) * bytes - 4);
    }
    increase(code, entry, taps.length * bytes);
    if (weightChannel !== null) increase(code, weight, weightChannel);
    increase(code, plane, planeChannel);
  });
}

function tableBytes({ channels, passes }: Products): number {
  return align(passes.reduce((sum, { taps }) => sum + 8 * channels * taps.length, 0));
}

/** Where things stand in the scratch memory: the tables first, then planes, and their masks, which are made of what is all ones. */
function regionsOf(products: Products) {
  const { channels, planes, sourceBytes, masked } = products;
  const planeBytes = align(channels * planes.channelBytes);
  const staged = tableBytes(products);
  const masks = staged + planeBytes;
  const ones = masks + planeBytes + slack;
  return { staged, planeBytes, masks, ones, end: masked === "never" ? masks + slack : ones + align(sourceBytes) };
}

export const scratchBytes = (products: Products): number => regionsOf(products).end;

/** Writes the masks of the planes: ones where there are elements. */
function emitMasks(code: Code, products: Products, scratch: number): void {
  const { channels, planes, sourceBytes } = products;
  const { masks, planeBytes, ones } = regionsOf(products);
  const [from, to] = locals(code, "i32", 2);
  zeroFill(code, scratch + masks, planeBytes + slack);
  onesFill(code, scratch + ones, sourceBytes);
  code.set(from, scratch + ones).set(to, scratch + masks);
  repeat(code, channels, () => {
    emitStage(code, planes, 1, from, to);
    increase(code, to, planes.channelBytes);
  });
}

/** Image by image and group by group: the padded planes, then all results that are made of them. */
export function emitProducts(context: KernelCode, products: Products, operands: Operands, scratch: Buffer): void {
  const { code, module, relaxed, tile, address } = context;
  const { scalar, batch, groups, channels, filters, planes, passes, masked } = products;
  if (operands.target.size === 0) return;
  const size = scalarBytes[scalar];
  const local = () => code.local("i32");
  const [source, weights, bias, result, staged] = locals(code, "i32", 5);
  const panel = { weights: local(), bias: local(), result: local() };
  const table = address(scratch);
  const regions = regionsOf(products);
  const isMasked = local();
  const tiles = (height: number, columns: number, mask: number | null) =>
    convolutionTiles(module, {
      mask,
      scalar,
      relaxed,
      filters: height,
      vectors: tile.vectors,
      columns,
      weightStep: products.weightFilter,
      resultStep: products.resultBytes,
      planeRow: planes.rowBytes,
      resultRow: products.resultRow,
      resultColumn: products.resultColumn,
      bias: operands.bias !== null,
    });

  code.set(staged, table + regions.staged);
  zeroFill(code, table + regions.staged, channels * planes.channelBytes + slack);
  if (masked !== "never") {
    if (masked === "always") code.i32(1).set(isMasked);
    else {
      new Finite(code, scalar).look(address(operands.weights), operands.weights.size).push();
      code.op("i32.eqz").set(isMasked);
    }
    code.get(isMasked).if(() => emitMasks(code, products, table));
  }
  let end = table;
  const tables = passes.map(({ taps }) => {
    const start = end;
    emitTable(code, start, channels, taps, products.weightChannel, planes.channelBytes);
    end += 8 * channels * taps.length;
    return { start, end };
  });
  code.set(source, address(operands.source)).set(result, address(operands.target));
  repeat(code, batch, () => {
    code.set(weights, address(operands.weights));
    if (operands.bias !== null) code.i32(address(operands.bias)).set(bias);
    repeat(code, groups, () => {
      emitStage(code, planes, channels, source, staged);
      for (const [i, { first, rows, columns }] of passes.entries()) {
        const { start, end } = tables[i] as { start: number; end: number };
        code.set(panel.weights, weights).set(panel.bias, bias);
        code.set(panel.result, result.add(first));
        forPanels(code, filters, tile.rows, (height) => {
          const call = (mask: number | null) => {
            code.get(panel.weights).get(staged).get(panel.result).get(panel.bias).i32(start).i32(end).i32(rows);
            code.call(tiles(height, columns, mask));
          };
          if (masked === "never") call(null);
          else
            code.get(isMasked).if(
              () => call(regions.planeBytes),
              () => call(null),
            );
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
