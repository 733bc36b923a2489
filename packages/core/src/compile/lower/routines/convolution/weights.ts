import type { ConvWeights } from "../../../../ops/conv.js";
import type { Traced } from "../../../../trace/traced.js";
import type { Code, Local } from "../../../../wasm/encoder.js";
import { Finite } from "../../../../wasm/finite.js";
import { increase, locals, repeat } from "../../../../wasm/loops.js";
import { align, lanesOf, scalarBytes, vectorBytes } from "../../../../wasm/simd.js";
import { nodeOf } from "../../../graph/graph.js";
import { scalarOf } from "../../../ir/buffer.js";
import type { KernelCode } from "../../../ir/context.js";
import type { KernelRule } from "../../lowering.js";
import { onesFill, zeroFill } from "../../zeros.js";
import { winogradBytes } from "../winograd/layout.js";
import { emitWinogradWeights } from "../winograd/winograd.js";
import { emitStage, type PlaneAxis, planesOf } from "./planes.js";
import { emitTable, forPanels, slack } from "./products.js";
import { dotRows, dotTiles, sumBytes } from "./tiles.js";
import { axesOf, filteringOf, tapsOf, windowsBetween } from "./windows.js";

/**
 * Elements of planes, at most (or one image's), that stay in the cache; and vectors that make a dot product long
 * enough.
 */
const stagedElements = 1 << 15;
const enoughVectors = 128;

/** Images that are staged together: a divisor of the batch. */
function imagesTogether(batch: number, vectors: number, elements: number): number {
  const limit = Math.max(1, Math.min(Math.ceil(enoughVectors / vectors), Math.floor(stagedElements / elements)));
  for (let images = Math.min(batch, limit); images > 1; images--) if (batch % images === 0) return images;
  return 1;
}

/** Doubles to float32. */
function emitRounded(code: Code, from: number, to: number, count: number): void {
  const [source, target] = locals(code, "i32", 2);
  code.set(source, from).set(target, to);
  repeat(code, Math.floor(count / 2), () => {
    code.get(target).get(source.load("v128.load")).op("f32x4.demote_f64x2_zero").laneMemory("v128.store64_lane", 0);
    increase(code, source, 2 * sumBytes);
    increase(code, target, 8);
  });
  if (count % 2 > 0) code.get(target).get(source).memory("f64.load").op("f32.demote_f64").memory("f32.store");
}

/** w = the sum over images and windows of y times what the windows see: dot products along the windows. */
export const convWeights: KernelRule = {
  lower: (value, s) => {
    const node = nodeOf<ConvWeights>(value);
    const [x, y] = value.inputs as [Traced, Traced];
    const [batch, groups] = [x.shape[0] as number, node.groups];
    const [filters, channels] = [(value.shape[0] as number) / groups, value.shape[1] as number];
    const scalar = scalarOf(value);
    const size = scalarBytes[scalar];
    const w = windowsBetween(node, x.shape, node.kernel, y.shape);
    const filtering = filteringOf(node, scalar, w, batch, channels, filters);
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
    const [from, by, target] = [s.buffer(x), s.buffer(y), s.target(value)];
    // The sums are doubles: those of float64 are the result itself. A plane of ones makes the mask of those of y.
    const isNarrow = scalar === "f32";
    const bytes = {
      table: align(4 * k),
      seen: align(channels * seen.channelBytes) + slack,
      given: align(filters * given.channelBytes),
      sums: isNarrow ? align(target.size * sumBytes) : 0,
      mask: given.channelBytes,
      ones: w.rows * w.columns * size,
    };
    const scratchBytes = Object.values(bytes).reduce((sum, region) => sum + region);
    const scratch = s.scratch(Math.max(scratchBytes, filtering === null ? 0 : winogradBytes(filtering)));

    /** The sum of all. Where the gaps of y are not masked, they are zeros: times an element of x that is not finite NaN. */
    const emitSum = ({ code, module, relaxed, address }: KernelCode, isMasked: Local) => {
      const table = address(scratch);
      const staged = { seen: table + bytes.table, given: table + bytes.table + bytes.seen };
      const [source, factor, result, panel] = locals(code, "i32", 4);
      const [nextSource, nextFactor, seenAt, givenAt] = locals(code, "i32", 4);
      const sums = isNarrow ? staged.given + bytes.given : address(target);
      const masks = staged.given + bytes.given + bytes.sums;
      zeroFill(code, sums, target.size * sumBytes);
      zeroFill(code, staged.seen, bytes.seen + bytes.given);
      emitTable(code, table, channels, taps, null, seen.channelBytes);
      code.get(isMasked).if(() => {
        const [ones, mask] = locals(code, "i32", 2);
        zeroFill(code, masks, bytes.mask);
        onesFill(code, masks + bytes.mask, bytes.ones);
        code.set(ones, masks + bytes.mask).set(mask, masks);
        repeat(code, images, () => {
          emitStage(code, given, 1, ones, mask);
          increase(code, mask, given.imageBytes);
        });
      });
      const [sourceStep, factorStep] = [channels * w.height * w.width * size, filters * w.rows * w.columns * size];
      code.set(source, address(from)).set(factor, address(by));
      repeat(code, batch / images, () => {
        code.set(result, sums);
        repeat(code, groups, () => {
          code.set(nextSource, source).set(nextFactor, factor);
          code.set(seenAt, staged.seen).set(givenAt, staged.given);
          repeat(code, images, () => {
            emitStage(code, seen, channels, nextSource, seenAt);
            emitStage(code, given, filters, nextFactor, givenAt);
            increase(code, nextSource, groups * sourceStep);
            increase(code, nextFactor, groups * factorStep);
            increase(code, seenAt, seen.imageBytes);
            increase(code, givenAt, given.imageBytes);
          });
          code.set(panel, staged.given);
          forPanels(code, filters, dotRows, (height) => {
            const call = (masked: boolean) => {
              const tiles = dotTiles(module, {
                scalar,
                relaxed,
                rows: height,
                rowStep: given.channelBytes,
                resultStep: k * sumBytes,
                columns: k,
                vectors: Math.ceil(length / lanes),
                masked,
              });
              code.get(panel).i32(staged.seen).get(result).i32(table).i32(masks).call(tiles);
            };
            code.get(isMasked).if(
              () => call(true),
              () => call(false),
            );
            increase(code, panel, height * given.channelBytes);
            increase(code, result, height * k * sumBytes);
          });
          increase(code, source, sourceStep);
          increase(code, factor, factorStep);
        });
        increase(code, source, (images - 1) * groups * sourceStep);
        increase(code, factor, (images - 1) * groups * factorStep);
      });
      if (isNarrow) emitRounded(code, sums, address(target), target.size);
    };

    s.routine(
      "convolutionWeights",
      value,
      [
        [from, by],
        [target, scratch],
      ],
      (context) => {
        if (target.size === 0) return;
        const { code, module, address } = context;
        const sum = module.func({ params: ["i32"] }, (own, isMasked) => emitSum({ ...context, code: own }, isMasked));
        if (filtering === null) code.i32(0).call(sum);
        else emitWinogradWeights(context, filtering, { source: from, weights: by, target, scratch });
        new Finite(code, scalar).look(address(target), target.size).push();
        code.op("i32.eqz").if(() => code.i32(1).call(sum));
      },
    );
  },
};
