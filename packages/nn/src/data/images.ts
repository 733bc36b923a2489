import { checkNoMore, checkOptions, formatShape, fromArray, show, sizeOf, type Tensor } from "@chainrule/core";
import { checkChoice, checkFloatDType } from "../checks.js";
import type { FloatDType } from "../initializers/initializer.js";
import { DataError } from "./errors.js";

export interface ImageOptions {
  /**
   * What becomes of the channels: "same", all of them, the default; "rgb", the first three; "grey", one of 0.299 R + 0.587 G +
   * 0.114 B (ITU-R BT.601). Alpha is left out by the last two, and not blended.
   */
  readonly channels?: "same" | "rgb" | "grey" | undefined;
  /** float64 unless said otherwise. */
  readonly dtype?: FloatDType | undefined;
}

/**
 * Images out of bytes as they stand in files and canvases (`ImageData.data`), pixel by pixel, the channels of each side by side:
 * brightness from 0 to 1, channels first.
 *
 * @param bytes unsigned bytes, N x height x width x channels
 * @param shape [N, height, width, channels]; channels are 1 (grey), 3 (RGB) or 4 (RGB and alpha)
 * @returns [N, C, height, width]
 *
 * @example
 * const pixels = Uint8Array.of(255, 0, 0, 255, 0, 51, 0, 255);
 * imagesFromBytes(pixels, [1, 1, 2, 4], { channels: "rgb" }).toArray(); // [[[[1, 0]], [[0, 0.2]], [[0, 0]]]]
 *
 * @throws DataError when the bytes do not make the shape, or have not the channels that are asked for.
 */
export function imagesFromBytes(
  bytes: Uint8Array | Uint8ClampedArray,
  shape: readonly [number, number, number, number],
  options: ImageOptions = {},
  ...none: []
): Tensor<[number, number, number, number]> {
  const op = "imagesFromBytes";
  checkNoMore(op, none);
  checkOptions(op, options, ["channels", "dtype"]);
  const { channels = "same", dtype = "float64" } = options;
  checkFloatDType(op, dtype);
  checkChoice(op, "channels", channels, ["same", "rgb", "grey"]);
  const isBytes = bytes instanceof Uint8Array || bytes instanceof Uint8ClampedArray;
  if (!isBytes || !Array.isArray(shape) || shape.length !== 4 || sizeOf(shape) !== bytes.length) {
    throw new DataError(
      `${op}: ${isBytes ? `${bytes.length} bytes` : show(bytes)} for ${formatShape(shape)}: takes a Uint8Array and the shape that its ` +
        "bytes make, [N, height, width, channels]",
    );
  }
  const [count, height, width, given] = shape as readonly [number, number, number, number];
  const weights = weightsOf(given, channels);
  if (weights === undefined) {
    throw new DataError(
      `${op}: ${given} channels, and "${channels}" asked for: there are 1 (grey), 3 (RGB) or 4 (RGB and alpha)`,
    );
  }
  const pixels = height * width;
  const out = new Float64Array(count * weights.length * pixels);
  let at = 0;
  for (let image = 0; image < count; image++) {
    for (const mix of weights) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const start = (image * pixels + pixel) * given;
        let value = 0;
        for (const [channel, weight] of mix) value += weight * (bytes[start + channel] as number);
        out[at++] = value / 255;
      }
    }
  }
  return fromArray(out, [count, weights.length, height, width], { dtype });
}

type Mix = readonly (readonly [channel: number, weight: number])[];

/** For each channel that is made, those that it is made of. */
function weightsOf(given: number, channels: "same" | "rgb" | "grey"): readonly Mix[] | undefined {
  if (given !== 1 && given !== 3 && given !== 4) return undefined;
  const plain = (count: number): Mix[] => Array.from({ length: count }, (_, channel) => [[channel, 1]]);
  if (channels === "same") return plain(given);
  if (given === 1) return channels === "grey" ? plain(1) : undefined;
  return channels === "rgb" ? plain(3) : [[[0, 0.299], [1, 0.587], [2, 0.114]]]; // biome-ignore format: a list
}
