import { fromArray, type Shape, type Tensor } from "@chainrule/core";

/*
 * Layers written out as their formulas stand in books, element by element over plain numbers: what the layers are compared with.
 * Parameters are given by name, as the layer names them.
 */

export type At = (...index: number[]) => number;
export type Parameters = Readonly<Record<string, Tensor>>;
export type Naive = (x: Tensor, parameters: Parameters) => Tensor;

/** A tensor of the values of a function of the index. */
export function build(shape: Shape, f: At): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const index = (i: number) => {
    const found: number[] = [];
    for (const n of shape.toReversed()) {
      found.unshift(i % n);
      i = Math.floor(i / n);
    }
    return found;
  };
  return fromArray(
    Float64Array.from({ length: size }, (_, i) => f(...index(i))),
    shape,
  );
}

/** The elements of a tensor as a function of the index; 0 outside. */
export function at(x: Tensor): At {
  const { data, shape } = x;
  return (...index) => {
    let place = 0;
    for (const [axis, size] of shape.entries()) {
      const i = index[axis] as number;
      if (i < 0 || i >= size || !Number.isInteger(i)) return 0;
      place = place * size + i;
    }
    return data[place] as number;
  };
}

export function sum(n: number, f: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += f(i);
  return total;
}

export const mean = (n: number, f: (i: number) => number): number => sum(n, f) / n;

/** A parameter that a layer may have, or what stands for it. */
function parameter(parameters: Parameters, name: string, otherwise: number): At {
  const found = parameters[name];
  return found === undefined ? () => otherwise : at(found);
}

/** Element by element. */
export const mapped =
  (f: (x: number) => number): Naive =>
  (x) =>
    fromArray(Float64Array.from(x.data, f), x.shape);

export const erf = (x: number): number => {
  // The series, exact to a double for the small arguments of the tests.
  let [term, total] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
};

export const softmax =
  (axis: number, logarithm = false): Naive =>
  (x) => {
    const of = at(x);
    const along = x.shape.at(axis) as number;
    const place = axis < 0 ? axis + x.rank : axis;
    return build(x.shape, (...index) => {
      const e = (i: number) => Math.exp(of(...index.with(place, i)));
      const value = e(index[place] as number) / sum(along, e);
      return logarithm ? Math.log(value) : value;
    });
  };

/** The same along the last axis. */
export const alongLast =
  (naive: Naive): Naive =>
  (x, parameters) => {
    const batch = x.shape.slice(0, -1);
    const rows = batch.reduce((product, size) => product * size, 1);
    const y = naive(x.reshape([rows, x.shape.at(-1) as number]) as Tensor, parameters);
    return y.reshape([...batch, y.shape[1] as number]) as Tensor;
  };

/** x W + b of rows. */
export const affine =
  (prefix = ""): Naive =>
  (x, parameters) => {
    const W = parameters[`${prefix}W`] as Tensor;
    const [I, O] = W.shape as readonly [number, number];
    const [xs, w, b] = [at(x), at(W), parameter(parameters, `${prefix}b`, 0)];
    return build(
      [x.shape[0] as number, O],
      (n, o) => b(o as number) + sum(I, (i) => xs(n as number, i) * w(i, o as number)),
    );
  };

export interface Sliding {
  readonly stride?: readonly [number, number];
  /** Before the image; behind it there is as much, or `after`. */
  readonly padding?: readonly [number, number];
  readonly after?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
  readonly outputPadding?: readonly [number, number];
}

/** A plane of height 1 for each line. */
export const alongLines =
  (naive: Naive): Naive =>
  (x, parameters) => {
    const plane = (t: Tensor) => (t.rank === 3 ? t.expandDims(2) : t) as Tensor;
    const y = naive(
      plane(x),
      Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, plane(value)])),
    );
    return y.squeeze(2) as Tensor;
  };

export const conv =
  (
    { stride = [1, 1], padding = [0, 0], after = padding, dilation = [1, 1], groups = 1 }: Sliding = {},
    prefix = "",
  ): Naive =>
  (x, parameters) => {
    const W = parameters[`${prefix}W`] as Tensor;
    const [N, , H, L] = x.shape as readonly [number, number, number, number];
    const [O, C, kh, kw] = W.shape as readonly [number, number, number, number];
    const [xs, w, b] = [at(x), at(W), parameter(parameters, `${prefix}b`, 0)];
    const size = (n: number, k: number, axis: 0 | 1) =>
      Math.floor((n + padding[axis] + after[axis] - dilation[axis] * (k - 1) - 1) / stride[axis]) + 1;
    return build([N, O, size(H, kh, 0), size(L, kw, 1)], (...index) => {
      const [n, o, i, j] = index as [number, number, number, number];
      const first = Math.floor(o / (O / groups)) * C;
      const window = (c: number, k: number, l: number) =>
        w(o, c, k, l) *
        xs(n, first + c, i * stride[0] + k * dilation[0] - padding[0], j * stride[1] + l * dilation[1] - padding[1]);
      return b(o) + sum(C, (c) => sum(kh, (k) => sum(kw, (l) => window(c, k, l))));
    });
  };

export const convTranspose =
  ({ stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1, outputPadding = [0, 0] }: Sliding = {}): Naive =>
  (x, parameters) => {
    const W = parameters["W"] as Tensor;
    const [N, C, H, L] = x.shape as readonly [number, number, number, number];
    const [, F, kh, kw] = W.shape as readonly [number, number, number, number];
    const [xs, w, b] = [at(x), at(W), parameter(parameters, "b", 0)];
    const size = (n: number, k: number, axis: 0 | 1) =>
      (n - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (k - 1) + outputPadding[axis] + 1;
    return build([N, F * groups, size(H, kh, 0), size(L, kw, 1)], (...index) => {
      const [n, o, i, j] = index as [number, number, number, number];
      const [group, own] = [Math.floor(o / F), C / groups];
      // `at` gives 0 where the division is not even.
      const from = (c: number, k: number, l: number) =>
        w(group * own + c, o % F, k, l) *
        xs(
          n,
          group * own + c,
          (i + padding[0] - k * dilation[0]) / stride[0],
          (j + padding[1] - l * dilation[1]) / stride[1],
        );
      return b(o) + sum(own, (c) => sum(kh, (k) => sum(kw, (l) => from(c, k, l))));
    });
  };

type Ends = readonly [before: number, after: number];

/** Windows on each channel, each made one number by `reduce`, which is given what stands in the image, and how many places there are. */
export const pool =
  (
    [kh, kw]: readonly [number, number],
    reduce: (values: number[], places: number) => number,
    {
      stride = [kh, kw],
      padding = [
        [0, 0],
        [0, 0],
      ],
      dilation = [1, 1],
      ceilMode = false,
    }: Omit<Sliding, "padding"> & { padding?: readonly [Ends, Ends]; ceilMode?: boolean } = {},
  ): Naive =>
  (x) => {
    const [N, C, H, L] = x.shape as readonly [number, number, number, number];
    const xs = at(x);
    const size = (n: number, k: number, axis: 0 | 1) => {
      const [before, after] = padding[axis];
      const windows = (n + before + after - dilation[axis] * (k - 1) - 1) / stride[axis];
      const count = (ceilMode ? Math.ceil(windows) : Math.floor(windows)) + 1;
      // The last window begins inside of the image, or in front of it.
      return ceilMode && (count - 1) * stride[axis] >= n + before ? count - 1 : count;
    };
    return build([N, C, size(H, kh, 0), size(L, kw, 1)], (...index) => {
      const [n, c, i, j] = index as [number, number, number, number];
      const values: number[] = [];
      let places = 0;
      for (let k = 0; k < kh; k++) {
        for (let l = 0; l < kw; l++) {
          const y = i * stride[0] + k * dilation[0] - padding[0][0];
          const z = j * stride[1] + l * dilation[1] - padding[1][0];
          if (y >= 0 && y < H && z >= 0 && z < L) values.push(xs(n, c, y, z));
          // Behind the padding nothing counts.
          if (y < H + padding[0][1] && z < L + padding[1][1]) places++;
        }
      }
      return reduce(values, places);
    });
  };

/** Windows from floor(i size / count) up to ceil((i + 1) size / count). */
export const adaptivePool =
  ([rows, columns]: readonly [number, number], reduce: (values: number[]) => number): Naive =>
  (x) => {
    const [N, C, H, L] = x.shape as readonly [number, number, number, number];
    const xs = at(x);
    return build([N, C, rows, columns], (...index) => {
      const [n, c, i, j] = index as [number, number, number, number];
      const values: number[] = [];
      for (let y = Math.floor((i * H) / rows); y < Math.ceil(((i + 1) * H) / rows); y++) {
        for (let z = Math.floor((j * L) / columns); z < Math.ceil(((j + 1) * L) / columns); z++) {
          values.push(xs(n, c, y, z));
        }
      }
      return reduce(values);
    });
  };

export const average = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0) / values.length;

/** Each channel as a whole. */
export const globally =
  (reduce: (values: number[]) => number): Naive =>
  (x) => {
    const [N, C] = x.shape as readonly [number, number];
    const places = x.shape.slice(2).reduce((product, size) => product * size, 1);
    const rows = at(x.reshape([N, C, places]));
    return build([N, C], (n, c) => reduce(Array.from({ length: places }, (_, i) => rows(n as number, c as number, i))));
  };

/** The elements that are normalised together, of the element at an index: their flat places, of all of x. */
type Together = (index: readonly number[], shape: Shape) => number[];

/** (x - mean) / sqrt(variance + eps) weight + bias; weight and bias by channel, or by place in the last axes. */
export const normalized =
  (together: Together, last: number, { eps = 1e-5, center = true } = {}): Naive =>
  (x, parameters) => {
    const [weight, bias] = [parameters["weight"]?.data, parameters["bias"]?.data];
    const row = x.shape.slice(x.rank - last).reduce((product, size) => product * size, 1);
    let flat = 0;
    return build(x.shape, (...index) => {
      const values = together(index, x.shape).map((i) => x.data[i] as number);
      const m = center ? average(values) : 0;
      const variance = average(values.map((value) => (value - m) ** 2));
      const own = last === 0 ? (index[1] as number) : flat % row;
      const y = ((x.data[flat++] as number) - m) / Math.sqrt(variance + eps);
      return y * Number(weight?.[own] ?? 1) + Number(bias?.[own] ?? 0);
    });
  };

/** All places whose index agrees with the given one as `alike` says. */
function placesWhere(shape: Shape, alike: (index: readonly number[]) => boolean): number[] {
  const found: number[] = [];
  let flat = 0;
  build(shape, (...index) => {
    if (alike(index)) found.push(flat);
    flat++;
    return 0;
  });
  return found;
}

export const ofChannel: Together = (index, shape) => placesWhere(shape, (other) => other[1] === index[1]);
export const ofGroup =
  (groups: number): Together =>
  (index, shape) => {
    const group = (c: number) => Math.floor(c / ((shape[1] as number) / groups));
    return placesWhere(
      shape,
      (other) => other[0] === index[0] && group(other[1] as number) === group(index[1] as number),
    );
  };
export const ofLast =
  (last: number): Together =>
  (index, shape) =>
    placesWhere(shape, (other) => other.slice(0, shape.length - last).every((i, axis) => i === index[axis]));

/** With statistics that are given. */
export const withStatistics =
  (eps = 1e-5): Naive =>
  (x, parameters) => {
    const [m, v] = [at(parameters["mean"] as Tensor), at(parameters["variance"] as Tensor)];
    const [weight, bias] = [parameter(parameters, "weight", 1), parameter(parameters, "bias", 0)];
    const xs = at(x);
    return build(x.shape, (...index) => {
      const c = index[1] as number;
      return ((xs(...index) - m(c)) / Math.sqrt(v(c) + eps)) * weight(c) + bias(c);
    });
  };
