import fc from "fast-check";
import type { Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { type Axis, at, axesOf, fill, type Plain, replaced, sizeOf } from "./plain.js";
import { all, numbers, type Row } from "./row.js";

const fromFront = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

/** What functions share that are composed of nodes which move elements. */
function composedRow<S>(row: Omit<Row<S>, "Node" | "dtypes" | "gradient">, dtypes: Row["dtypes"] = all): Row {
  return { ...row, Node: null, dtypes, gradient: true } as Row;
}

// Diagonals -----------------------------------------------------------------------------------------------------------

interface DiagonalOptions {
  readonly offset?: number;
  readonly axis1?: number;
  readonly axis2?: number;
}

const diagonalCases = draw.unaryCases(draw.shapes(2), (shape): fc.Arbitrary<DiagonalOptions> => {
  const rank = shape.length;
  const pairs = fc
    .tuple(draw.axis(rank), draw.axis(rank))
    .filter(([a, b]) => fromFront(a, rank) !== fromFront(b, rank));
  const offset = fc.integer({ min: -4, max: 4 });
  return fc.oneof(
    fc.constant({}),
    offset.map((offset) => ({ offset })),
    fc.tuple(pairs, offset).map(([[axis1, axis2], offset]) => ({ axis1, axis2, offset })),
  );
});

function diagonalOf(x: Plain, { offset = 0, axis1 = 0, axis2 = 1 }: DiagonalOptions): Plain {
  const rank = x.shape.length;
  const [row, column] = [fromFront(axis1, rank), fromFront(axis2, rank)];
  const places: [number, number][] = [];
  for (let i = 0; i < (x.shape[row] as number); i++) {
    const j = i + offset;
    if (j >= 0 && j < (x.shape[column] as number)) places.push([i, j]);
  }
  const others = x.shape.filter((_, axis) => axis !== row && axis !== column);
  return fill([...others, places.length], (index) => {
    const rest = index.slice(0, -1);
    const [i, j] = places[index.at(-1) as number] as [number, number];
    return at(
      x,
      x.shape.map((_, axis) => (axis === row ? i : axis === column ? j : (rest.shift() as number))),
    );
  });
}

function sumLast(x: Plain): Plain {
  const n = x.shape.at(-1) as number;
  return fill(x.shape.slice(0, -1), (index) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += at(x, [...index, i]);
    return sum;
  });
}

function triangleRow(
  fn: (x: Tensor, offset?: number) => Tensor,
  method: "tril" | "triu",
  keep: (i: number, j: number, offset: number) => boolean,
): Row {
  return composedRow<number | undefined>({
    fn,
    cases: draw.unaryCases(draw.shapes(2), () => fc.option(fc.integer({ min: -4, max: 4 }), { nil: undefined })),
    call: ([x], offset) => fn(x as Tensor, offset),
    method: ([x], offset) => (x as Tensor)[method](offset),
    reference: ([x], offset = 0) =>
      fill((x as Plain).shape, (index) => {
        const [i, j] = index.slice(-2) as [number, number];
        return keep(i, j, offset) ? at(x as Plain, index) : 0;
      }),
  });
}

/** Diagonals and triangles of matrices. */
export const diagonalRows: readonly Row[] = [
  composedRow<DiagonalOptions>({
    fn: ops.diagonal,
    cases: diagonalCases,
    call: ([x], options) => ops.diagonal(x as Tensor, options),
    method: ([x], options) => (x as Tensor).diagonal(options),
    reference: ([x], options) => diagonalOf(x as Plain, options),
  }),
  composedRow<DiagonalOptions>(
    {
      fn: ops.trace,
      cases: diagonalCases,
      call: ([x], options) => ops.trace(x as Tensor, options),
      method: ([x], options) => (x as Tensor).trace(options),
      reference: ([x], options) => sumLast(diagonalOf(x as Plain, options)),
    },
    numbers,
  ),
  triangleRow(ops.tril, "tril", (i, j, offset) => j <= i + offset),
  triangleRow(ops.triu, "triu", (i, j, offset) => j >= i + offset),
];

// The same elements in other places -----------------------------------------------------------------------------------

interface Roll {
  readonly shift: number | readonly number[];
  readonly axis?: number | readonly number[];
}

function rolled(x: Plain, shift: number, axis: number): Plain {
  const n = x.shape[axis] as number;
  return fill(x.shape, (index) => at(x, index.with(axis, ((((index[axis] as number) - shift) % n) + n) % n)));
}

interface Split {
  readonly parts: number | readonly number[];
  readonly axis: number;
  /** Which of the parts is looked at. */
  readonly part: number;
}

/** The start and the size of one part of an axis of size n. */
function partOf(n: number, { parts, part }: Split): [start: number, size: number] {
  if (typeof parts === "number") return [(n / parts) * part, n / parts];
  return [parts.slice(0, part).reduce((a, b) => a + b, 0), parts[part] as number];
}

const drawSplit = (shape: number[]): fc.Arbitrary<Split> =>
  draw.axis(shape.length).chain((axis) => {
    const n = shape.at(axis) as number;
    const divisors = [1, 2, 3, 17].filter((parts) => n % parts === 0);
    const sizes = fc
      .array(fc.nat(n), { maxLength: 2 })
      .map((cuts) =>
        [0, ...cuts.toSorted((a, b) => a - b), n].flatMap((end, i, ends) => (i ? [end - (ends[i - 1] as number)] : [])),
      );
    return fc
      .oneof<fc.Arbitrary<number | number[]>[]>(fc.constantFrom(...divisors), sizes)
      .chain((parts) =>
        fc.nat((typeof parts === "number" ? parts : parts.length) - 1).map((part) => ({ parts, axis, part })),
      );
  });

/** Functions that move, repeat and cut. */
export const arrangedRows: readonly Row[] = [
  composedRow<Axis>({
    fn: ops.flip,
    cases: draw.unaryCases(draw.shapes(), (shape) => draw.axes(shape.length)),
    call: ([x], axis) => ops.flip(x as Tensor, axis),
    method: ([x], axis) => (x as Tensor).flip(axis),
    reference: ([x], axis) => {
      const { shape } = x as Plain;
      const axes = axesOf(axis, shape.length);
      return fill(shape, (index) =>
        at(
          x as Plain,
          index.map((i, k) => (axes.includes(k) ? (shape[k] as number) - 1 - i : i)),
        ),
      );
    },
  }),
  composedRow<number[]>({
    fn: ops.tile,
    cases: draw.unaryCases(draw.shapes(0, 2), () => fc.array(fc.constantFrom(1, 2, 3, 0, 2), { maxLength: 3 })),
    call: ([x], repeats) => ops.tile(x as Tensor, repeats),
    method: ([x], repeats) => (x as Tensor).tile(repeats),
    reference: ([x], repeats) => {
      const { shape } = x as Plain;
      const rank = Math.max(shape.length, repeats.length);
      const size = (axis: number) => shape[axis - rank + shape.length] ?? 1;
      const times = (axis: number) => repeats[axis - rank + repeats.length] ?? 1;
      return fill(
        Array.from({ length: rank }, (_, axis) => size(axis) * times(axis)),
        (index) => at(x as Plain, index.map((i, axis) => i % size(axis)).slice(rank - shape.length)),
      );
    },
  }),
  composedRow<Roll>({
    fn: ops.roll,
    cases: draw.unaryCases(draw.shapes(), (shape): fc.Arbitrary<Roll> => {
      const shift = fc.integer({ min: -5, max: 20 });
      const flat = shift.map((shift) => ({ shift }));
      if (shape.length === 0) return flat;
      const axes = fc.array(fc.tuple(draw.axis(shape.length), shift), { maxLength: 3 });
      return fc.oneof(
        flat,
        fc.tuple(shift, draw.axis(shape.length)).map(([shift, axis]) => ({ shift, axis })),
        axes.map((pairs) => ({ axis: pairs.map(([axis]) => axis), shift: pairs.map(([, shift]) => shift) })),
        fc.tuple(shift, axes).map(([shift, pairs]) => ({ shift, axis: pairs.map(([axis]) => axis) })),
      );
    }),
    call: ([x], { shift, axis }) => ops.roll(x as Tensor, shift, axis),
    method: ([x], { shift, axis }) => (x as Tensor).roll(shift, axis),
    reference: ([x], { shift, axis }) => {
      const { shape, values } = x as Plain;
      if (axis === undefined) {
        const by = typeof shift === "number" ? shift : (shift[0] as number);
        return { shape, values: rolled({ shape: [sizeOf(shape)], values }, by, 0).values };
      }
      const axes = typeof axis === "number" ? [axis] : axis;
      return axes.reduce(
        (out, along, i) =>
          rolled(out, typeof shift === "number" ? shift : (shift[i] as number), fromFront(along, shape.length)),
        x as Plain,
      );
    },
  }),
  composedRow<Split>({
    fn: ops.split,
    cases: draw.unaryCases(draw.shapes(1), drawSplit),
    call: ([x], { parts, axis, part }) => ops.split(x as Tensor, parts, axis)[part] as Tensor,
    method: ([x], { parts, axis, part }) => (x as Tensor).split(parts, axis)[part] as Tensor,
    reference: ([x], split) => {
      const { shape } = x as Plain;
      const along = fromFront(split.axis, shape.length);
      const [start, size] = partOf(shape[along] as number, split);
      return fill(replaced(shape, along, size), (index) =>
        at(x as Plain, index.with(along, start + (index[along] as number))),
      );
    },
  }),
  composedRow<{ axis: number; part: number }>({
    fn: ops.unstack,
    cases: draw.unaryCases(
      draw.shapes(1).filter((shape) => !shape.includes(0)),
      (shape) =>
        draw.axis(shape.length).chain((axis) => fc.nat((shape.at(axis) as number) - 1).map((part) => ({ axis, part }))),
    ),
    call: ([x], { axis, part }) => ops.unstack(x as Tensor, axis)[part] as Tensor,
    method: ([x], { axis, part }) => (x as Tensor).unstack(axis)[part] as Tensor,
    reference: ([x], { axis, part }) => {
      const { shape } = x as Plain;
      const along = fromFront(axis, shape.length);
      return fill(replaced(shape, along), (index) => at(x as Plain, index.toSpliced(along, 0, part)));
    },
  }),
];
