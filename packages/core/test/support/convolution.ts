import * as assert from "uvu/assert";
import { fromArray, type Shape, type Tensor, variable } from "../../src/index.js";

/** A small generator of its own: the same numbers in each run. */
let state = 7;
export function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) / (1 << 24);
}
export const integer = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
export const pick = <T>(list: readonly T[]): T => list[integer(0, list.length - 1)] as T;
export const count = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

export type Float = "float64" | "float32";
export function draw(shape: Shape, dtype: Float = "float64"): Tensor {
  const values = Array.from({ length: count(shape) }, () => 2 * random() - 1);
  return fromArray(dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values), shape);
}
/** Distinct values, so that no maximum is a tie and a small step makes none. */
export function distinct(shape: Shape): Tensor {
  const values = Array.from({ length: count(shape) }, (_, i) => i / 10);
  for (let i = values.length - 1; i > 0; i--) {
    const j = integer(0, i);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return fromArray(Float64Array.from(values), shape);
}

export function near(
  actual: Tensor,
  expected: readonly number[] | Float64Array,
  tolerance: number,
  what: string,
): void {
  assert.is(actual.size, expected.length, what);
  actual.data.forEach((value, i) => {
    const wanted = expected[i] as number;
    const error = Math.abs(value - wanted);
    if (!(error <= tolerance * Math.max(1, Math.abs(wanted))))
      assert.unreachable(`${what}: element ${i} is ${value}, not ${wanted}`);
  });
}
export const tolerance = { float64: 1e-12, float32: 1e-4 };
export const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();

export interface Case {
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
  groups: number;
  x: [number, number, number, number];
  w: [number, number, number, number];
  y: [number, number];
}

/** The options of a case. */
export const settingsOf = ({ stride, padding, dilation, groups }: Case) => ({ stride, padding, dilation, groups });

/** Sizes of a convolution that has at least one window. */
export function drawCase(): Case {
  for (;;) {
    const pair = (list: readonly number[]): [number, number] => [pick(list), pick(list)];
    const channels = pick([1, 2, 4]);
    const groups = pick([1, 1, 2, channels].filter((g) => channels % g === 0));
    const [kernel, stride, padding, dilation] = [pair([1, 2, 3, 5]), pair([1, 2, 3]), pair([0, 1, 2]), pair([1, 2])];
    const plane = [integer(1, 9), integer(1, 9)] as const;
    const size = (axis: 0 | 1) =>
      Math.floor((plane[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
    const y: [number, number] = [size(0), size(1)];
    if (y[0] < 1 || y[1] < 1) continue;
    const filters = groups * pick([1, 2, 3]);
    return {
      stride,
      padding,
      dilation,
      groups,
      x: [integer(1, 3), channels, ...plane],
      w: [filters, channels / groups, ...kernel],
      y,
    };
  }
}

/** Calls `visit` for each product of a convolution: where in y, x and w its three factors stand. */
export function forEachProduct(c: Case, visit: (y: number, x: number, w: number) => void): void {
  const [N, C, H, W] = c.x;
  const [O, D, KH, KW] = c.w;
  const [OH, OW] = c.y;
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let i = 0; i < OH; i++)
        for (let j = 0; j < OW; j++)
          for (let d = 0; d < D; d++)
            for (let k = 0; k < KH; k++)
              for (let l = 0; l < KW; l++) {
                const channel = Math.floor(o / (O / c.groups)) * D + d;
                const row = i * c.stride[0] + k * c.dilation[0] - c.padding[0];
                const column = j * c.stride[1] + l * c.dilation[1] - c.padding[1];
                if (row < 0 || row >= H || column < 0 || column >= W) continue;
                visit(
                  ((n * O + o) * OH + i) * OW + j,
                  ((n * C + channel) * H + row) * W + column,
                  ((o * D + d) * KH + k) * KW + l,
                );
              }
}

export const at = (t: Tensor | null | undefined, i: number): number => t?.data[i] as number;
export function addTo(sums: Float64Array, i: number, term: number): void {
  sums[i] = (sums[i] as number) + term;
}

/** The gradient of v . grad f(inputs) by each input, against central differences of v . grad f. */
export function checkSecondOrder(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  const directions = inputs.map((input) => draw(input.shape));
  const slope = (given: readonly Tensor[]): { slope: Tensor; variables: Tensor[] } => {
    const variables = given.map((input) => variable(input));
    f(...variables)
      .sum()
      .backward({ createGraph: true });
    const terms = variables.map((v, i) => (v.grad as Tensor).mul(directions[i] as Tensor).sum());
    return { slope: terms.reduce((a, b) => a.add(b)), variables };
  };
  const { slope: analytic, variables } = slope(inputs);
  const first = variables.map((v) => Float64Array.from((v.grad as Tensor).data));
  for (const v of variables) v.zeroGrad();
  analytic.backward();
  inputs.forEach((input, k) => {
    const h = 1e-5;
    const moved = (element: number, step: number): number => {
      const values = Float64Array.from(input.data);
      addTo(values, element, step);
      return slope(inputs.map((other, i) => (i === k ? fromArray(values, input.shape) : other))).slope.item();
    };
    const numerical = Array.from({ length: input.size }, (_, i) => (moved(i, h) - moved(i, -h)) / (2 * h));
    near((variables[k] as Tensor).grad as Tensor, numerical, 1e-7, `second order, input ${k}`);
    assert.ok((first[k] as Float64Array).some((g) => g !== 0));
  });
}
