import fc from "fast-check";
import { allocate, checkDType } from "../dtype.js";
import { ChainruleError } from "../errors.js";
import { fromArray } from "../graph/factory.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkNumbers, checkOptions } from "../options.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

export interface ShapesOptions {
  /** The number of axes, at least. Default 0. */
  readonly minRank?: number;
  /** The number of axes, at most. Default 3. */
  readonly maxRank?: number;
  /** The length of an axis, at least. Default 1; with 0 empty shapes are drawn as well. */
  readonly minSize?: number;
  /** The length of an axis, at most. Default 4. */
  readonly maxSize?: number;
  /** How many elements at most. Default 24, as gradients are compared element by element. */
  readonly maxElements?: number;
}

/**
 * Shapes; they shrink to fewer and shorter axes.
 *
 * @example
 * fc.sample(shapes({ minRank: 2, maxRank: 2 }), 100).every((shape) => shape.length === 2); // true
 */
export function shapes(options: ShapesOptions = {}, ...none: []): fc.Arbitrary<number[]> {
  checkNoMore("shapes", none);
  return shapesOf("shapes", options);
}

function shapesOf(op: string, options: ShapesOptions): fc.Arbitrary<number[]> {
  const names = ["minRank", "maxRank", "minSize", "maxSize", "maxElements"];
  checkOptions(op, options, names);
  checkNumbers(op, options, names);
  const { minRank = 0, maxRank = 3, minSize = 1, maxSize = 4, maxElements = 24 } = options;
  if (sizeOf(new Array<number>(minRank).fill(minSize)) > maxElements) {
    throw new ChainruleError(`shapes: ${minRank} axes of ${minSize} have more than ${maxElements} elements`);
  }
  const size = fc.integer({ min: minSize, max: maxSize });
  // Cut instead of filtered, so that nothing drawn is thrown away.
  return fc.array(size, { minLength: minRank, maxLength: maxRank }).map((drawn) => {
    const shape = [...drawn];
    for (let axis = 0; sizeOf(shape) > maxElements; axis = (axis + 1) % shape.length) {
      shape[axis] = Math.max(minSize, Math.ceil((shape[axis] as number) / 2));
    }
    return shape;
  });
}

/**
 * Lists of shapes that broadcast with each other: parts of one shape, with axes of length 1 or left out in front.
 *
 * @param count how many, 2 unless said otherwise
 *
 * @example
 * fc.sample(broadcastableShapes(), 1)[0].length; // 2
 */
export function broadcastableShapes(count = 2, options: ShapesOptions = {}, ...none: []): fc.Arbitrary<number[][]> {
  checkNoMore("broadcastableShapes", none);
  return shapesOf("broadcastableShapes", options).chain((shape) => {
    const part = fc
      .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
      .map(([dropped, ones]) => shape.map((size, axis) => (ones[axis] === true ? 1 : size)).slice(dropped));
    return fc.array(part, { minLength: count, maxLength: count });
  });
}

export interface TensorsOptions {
  /** A shape, or an arbitrary of shapes. Default `shapes()`. */
  readonly shape?: Shape | fc.Arbitrary<Shape>;
  /** The least number of the domain. Default -2. */
  readonly min?: number;
  /** The largest number of the domain, which may be drawn. Default 2. */
  readonly max?: number;
  /** Points that every element keeps a distance of at least `distance` from: kinks, poles. */
  readonly awayFrom?: readonly number[];
  /** Default 1/16. */
  readonly distance?: number;
  /** Whether all elements differ, by at least a 500th of the domain: no ties for a maximum. Default false. */
  readonly distinct?: boolean;
  /** Default float64. */
  readonly dtype?: "float64" | "float32";
}

/** The numbers that are drawn are those of a grid of so many steps, so that they shrink to simple ones. */
const STEPS = 500;

/**
 * Constants over a domain, away from kinks; they shrink to small shapes, and to numbers near 0 (or near `min`).
 *
 * @throws ChainruleError when the domain leaves nothing to draw, or less than distinct elements need
 *
 * @example
 * const positive = tensors({ shape: [3], min: 0.5, max: 2 });
 * fc.sample(positive, 50).every((x) => x.min().item() >= 0.5); // true
 * fc.assert(fc.property(tensors({ awayFrom: [0] }), (x) => assertGradcheck((x) => x.abs(), [x])));
 */
export function tensors(options: TensorsOptions = {}, ...none: []): fc.Arbitrary<Tensor> {
  checkNoMore("tensors", none);
  checkOptions("tensors", options, ["shape", "min", "max", "awayFrom", "distance", "distinct", "dtype"], ["distinct"]);
  checkNumbers("tensors", options, ["min", "max", "distance"]);
  if (options.dtype !== undefined) checkDType("tensors", options.dtype);
  const {
    shape = shapes(),
    min = -2,
    max = 2,
    awayFrom = [],
    distance = 1 / 16,
    distinct = false,
    dtype = "float64",
  } = options;
  if (!(min <= max && Number.isFinite(max - min)))
    throw new ChainruleError(`tensors: there are no numbers from ${min} to ${max}`);
  const step = (max - min) / STEPS;
  const grid = Array.from({ length: STEPS + 1 }, (_, i) => Math.min(max, min + i * step))
    .filter((value) => awayFrom.every((point) => Math.abs(value - point) >= distance))
    // The simplest first, as an index shrinks to 0.
    .sort((a, b) => Math.abs(a) - Math.abs(b) || b - a);
  if (grid.length === 0)
    throw new ChainruleError(`tensors: from ${min} to ${max} nothing is ${distance} away from ${awayFrom.join(", ")}`);
  const index = fc.nat(grid.length - 1);
  const fill = (shape: Shape): fc.Arbitrary<Tensor> => {
    const n = sizeOf(shape);
    if (distinct && n > grid.length)
      throw new ChainruleError(`tensors: ${n} distinct elements of ${grid.length} numbers`);
    const lengths = { minLength: n, maxLength: n };
    const places = distinct ? fc.uniqueArray(index, lengths) : fc.array(index, lengths);
    return places.map((list) => {
      const array = allocate(dtype, n);
      for (const [i, place] of list.entries()) array[i] = grid[place] as number;
      return fromArray(array, shape, { dtype }) as Tensor;
    });
  };
  return Array.isArray(shape) ? fill(shape as Shape) : (shape as fc.Arbitrary<Shape>).chain(fill);
}
