import { compile, grad, mean, norm, stack, std, type Tensor, tensor, variance } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { batchNorm, groupNorm, layerNorm } from "../src/index.js";
import { dot, type Exact, exact, over, root, times, toNumber, total } from "./exact.js";

// Means, variances, norms and normalisations of what is hard on them: values, gradients and second derivatives, eager and
// compiled, along rows and columns, against the formulas to thousands of places.

const dtypes = ["float64", "float32"] as const;
type Name = (typeof dtypes)[number];

const hard: Readonly<Record<Name, readonly (readonly [number, number, number, number])[]>> = {
  float64: [
    [1, 2, 3, 4],
    [0, 0, 0, 0],
    [0.1, 0.1, 0.1, 0.1],
    [1e200, 1e200, 1e200, 1e200],
    [1e200, -1e200, 1e200, -1e200],
    [1e-200, -1e-200, 3e-200, 0],
    [1e16, 1e16 + 2, 1e16, 1e16 + 6],
    [1e9, 1e9 + 1, 1e9 + 2, 1e9],
    [1.7e308, 1.7e308, -1.7e308, 1e308],
    [1e300, 1e300 * (1 + 2 ** -52), 1e300, 1e300],
    [1e100, 1, -1, 2],
    [1e-320, -1e-320, 5e-321, 0],
    [1e155, -1e155, 1e140, 0],
  ],
  float32: [
    [1, 2, 3, 4],
    [0, 0, 0, 0],
    [0.1, 0.1, 0.1, 0.1],
    [1e7, 1e7 + 1, 1e7, 1e7 + 1],
    [2e9, 2e9 + 128, 2e9 + 256, 2e9],
    [1e20, 0, -1e20, 0],
    [3e38, 3e38, 1e38, 1e38],
    [3.4e38, -3.4e38, -3.4e38, -3.4e38],
    [3e38, 3e38, 3e38, 3e38],
    [1e-30, -1e-30, 1e-30, -1e-30],
    [1e-42, -1e-42, 3e-42, 0],
    [1e10, 1, -1, 2],
  ],
};

/** A number or a list, and of what size its terms are: they may cancel. */
interface Reference {
  readonly results: readonly Exact[];
  readonly terms: Exact;
}
interface Moments {
  readonly value: Reference;
  /** Of the values times 1, 2, 3 ..., and of that times 1, 2, 3 ... again. */
  readonly gradient: Reference;
  readonly second: Reference;
}

const magnitude = (x: Exact): Exact => (x < 0n ? -x : x);
const larger = (x: Exact, y: Exact): Exact => (magnitude(x) > magnitude(y) ? x : y);
const largest = (...lists: readonly (readonly Exact[])[]): Exact => magnitude(lists.flat().reduce(larger, 0n));
const constant = (results: readonly Exact[]): Reference => ({ results, terms: largest(results) });

const weights = [1, 2, 3, 4].map(exact);
const n = exact(4);
const mean4 = (list: readonly Exact[]): Exact => over(total(list), n);
const centered = (list: readonly Exact[]): Exact[] => list.map((x) => x - mean4(list));
const scaled = (list: readonly Exact[], by: Exact): Exact[] => list.map((x) => times(x, by));
const zeros = constant([0n, 0n, 0n, 0n]);

/** d = sqrt(squares / freedom + eps) of deviations that `project` makes: it, its gradient and what its Hessian makes of weights. */
function deviation(
  deviations: readonly Exact[],
  project: (list: readonly Exact[]) => Exact[],
  freedom: Exact,
): Moments {
  const d = root(over(dot(deviations, deviations), freedom));
  if (d === 0n) return { value: constant([0n]), gradient: zeros, second: zeros };
  const scores = deviations.map((x) => over(x, d));
  const along = over(dot(scores, weights), freedom);
  const terms = [project(weights), scaled(scores, along)] as const;
  const second = terms[0].map((x, i) => over(over(x - (terms[1][i] as Exact), d), freedom));
  return {
    value: constant([d]),
    gradient: constant(scores.map((x) => over(x, freedom))),
    second: { results: second, terms: over(over(largest(...terms), d), freedom) },
  };
}

/** The deviations in units of sqrt(variance + eps). */
function standardized(list: readonly Exact[]): Moments {
  const deviations = centered(list);
  const d = root(mean4(deviations.map((x) => times(x, x))) + exact(1e-5));
  const y = deviations.map((x) => over(x, d));
  const [w, along] = [centered(weights), mean4(y.map((x, i) => times(x, weights[i] as Exact)))];
  const gradient = w.map((x, i) => over(x - times(y[i] as Exact, along), d));
  const sizes = over(largest(w, scaled(y, along)), d);
  // Of the sum of the weights times that: its numerator, then its denominator.
  const sum = dot(gradient, weights);
  const second = gradient.map((g, i) => over(-2n * times(g, along) - over(times(sum, y[i] as Exact), n), d));
  const parts = times(largest([along], y, [exact(1)]), over(10n * sizes, d));
  return {
    value: constant(y),
    gradient: { results: gradient, terms: sizes },
    second: { results: second, terms: parts },
  };
}

function varianceOf(list: readonly Exact[], freedom: Exact): Moments {
  const deviations = centered(list);
  const twice = over(exact(2), freedom);
  return {
    value: constant([over(dot(deviations, deviations), freedom)]),
    gradient: constant(scaled(deviations, twice)),
    second: constant(scaled(centered(weights), twice)),
  };
}

interface Case {
  /** Of rows, [rows, 4], a number or a list for each. */
  readonly f: (x: Tensor) => Tensor;
  readonly of: (list: readonly Exact[]) => Moments;
}

const options = { axis: -1 } as const;
const cases: Readonly<Record<string, Case>> = {
  mean: {
    f: (x) => mean(x, options),
    of: (list) => ({
      value: { results: [mean4(list)], terms: largest(list) },
      gradient: constant(list.map(() => over(exact(1), n))),
      second: zeros,
    }),
  },
  variance: { f: (x) => variance(x, options), of: (list) => varianceOf(list, n) },
  "variance, unbiased": {
    f: (x) => variance(x, { ...options, correction: 1 }),
    of: (list) => varianceOf(list, exact(3)),
  },
  std: { f: (x) => std(x, options), of: (list) => deviation(centered(list), centered, n) },
  "std, unbiased": {
    f: (x) => std(x, { ...options, correction: 1 }),
    of: (list) => deviation(centered(list), centered, exact(3)),
  },
  norm: { f: (x) => norm(x, options), of: (list) => deviation(list, (w) => [...w], exact(1)) },
  layerNorm: { f: (x) => layerNorm(x), of: standardized },
  groupNorm: { f: (x) => groupNorm(x.reshape([-1, 1, 2, 2]), 1).reshape(x.shape), of: standardized },
  batchNorm: { f: (x) => batchNorm(x.transpose() as Tensor<[number, number]>).output.transpose(), of: standardized },
  "batchNorm of images": {
    f: (x) => {
      const images: Tensor = x.reshape([-1, 2, 2]).transpose([1, 0, 2]).reshape([2, -1, 2, 1]);
      return batchNorm(images).output.reshape([2, -1, 2]).transpose([1, 0, 2]).reshape(x.shape);
    },
    of: standardized,
  },
};

/** Results of relative precision `eps`, and no smaller than half of the least number. */
const normal = { float64: 2 ** -1022, float32: 2 ** -126 } as const;
const precision = { float64: [4e-15, 5e-324], float32: [1.5e-6, 1.5e-45] } as const;

function check(found: Tensor, wanted: Reference, dtype: Name, what: string, isOut = false): void {
  const [relative, half] = precision[dtype];
  const least = isOut ? normal[dtype] : half;
  const rounded = (x: number) => (dtype === "float32" ? Math.fround(x) : x);
  const bound = relative * toNumber(wanted.terms) + least;
  wanted.results.forEach((x, i) => {
    const value = found.data[i] as number;
    const expected = rounded(toNumber(x));
    const holds = Math.abs(expected) < Infinity ? Math.abs(value - expected) <= bound : value === expected;
    // Where terms that cancel are beyond the range themselves nothing can be said.
    if (rounded(toNumber(wanted.terms)) === Infinity && Math.abs(expected) < Infinity) return;
    assert.ok(holds, `${what}, element ${i}: ${value} for ${expected} +- ${bound}`);
  });
}

for (const [name, { f, of }] of Object.entries(cases)) {
  const weigh = (y: Tensor): Tensor => (y.rank === 1 ? y.sum() : y.mul(tensor([1, 2, 3, 4]).cast(y.dtype)).sum());
  const gradient = (x: Tensor): Tensor => grad((x: Tensor) => weigh(f(x)))(x) as Tensor;
  const second = (x: Tensor): Tensor =>
    grad((x: Tensor) =>
      gradient(x)
        .mul(tensor([1, 2, 3, 4]).cast(x.dtype))
        .sum(),
    )(x) as Tensor;
  test(`${name} of what is hard on it: value, gradient and second derivative, eager and compiled`, () => {
    for (const [way, each] of [
      ["eager", [f, gradient, second]],
      ["compiled", [compile(f), compile(gradient), compile(second)]],
    ] as const) {
      for (const dtype of dtypes) {
        const rows = hard[dtype].map((list) => tensor(list, { dtype }) as Tensor);
        // All at once, so that no row sees what another one needs.
        const x = stack(rows) as Tensor;
        const results = each.map((g) => g(x));
        rows.forEach((row, i) => {
          const reference = of(Array.from(row.data, exact));
          const [value, first, twice] = results.map((result) => result.slice([i]) as Tensor);
          const what = `${name} of ${dtype} ${Array.from(row.data).join(", ")}, ${way}`;
          check(value as Tensor, reference.value, dtype, what);
          check(first as Tensor, reference.gradient, dtype, `${what}: gradient`);
          // A length that is infinite in the dtype makes 0 of what is divided by it, in truth less than the normal numbers.
          const isOut = (value as Tensor).data.includes(Infinity);
          check(twice as Tensor, reference.second, dtype, `${what}: second derivative`, isOut);
        });
      }
    }
  });
}

test("equal elements: the mean is that element to the bit, all deviations are 0, in every form", () => {
  const most = { float64: [1e308, 1.7e308, -Number.MAX_VALUE], float32: [3e38, Math.fround(-3.4e38)] } as const;
  for (const dtype of dtypes) {
    for (const shape of [[1], [3], [1, 3], [3, 5], [2, 3, 7], [1000, 3]]) {
      for (const axis of [undefined, 0, -1, shape.map((_, i) => i)]) {
        const parts = (x: Tensor) =>
          [mean(x, { axis, keepDims: true }).sub(x), variance(x, { axis }), std(x, { axis })] as const;
        const slope = grad((x: Tensor) => std(x, { axis }).sum());
        const compiled = compile(parts);
        for (const value of [0.1, -1 / 3, 1e-300, 1e30, 7, 5e-324, ...most[dtype]]) {
          const x: Tensor = tensor(0).cast(dtype).add(value).broadcastTo(shape);
          for (const result of [...parts(x), ...compiled(x), slope(x) as Tensor]) {
            assert.ok(
              Array.from(result.data).every((d) => d === 0),
              `${value}, ${dtype} ${shape}, axis ${axis}`,
            );
          }
        }
      }
    }
  }
});

test("the mean of elements whose sum leaves the range, and of infinite ones, eagerly and compiled", () => {
  const most = Number.MAX_VALUE;
  const rows: readonly (readonly [list: readonly number[], mean: number])[] = [
    [[most, most, -most, -most, 1], 0.2],
    [[1e308, 1.5e308, 1.7e308, 1.4e308], 1.4e308],
    [new Array<number>(99).fill(1.7e308), 1.7e308],
    [[most, most, most / 4], most * 0.75],
    [[Infinity, most, most], Infinity],
    [[-Infinity, 1], -Infinity],
    [[Infinity, -Infinity, most], Number.NaN],
    [[Number.NaN, most, most], Number.NaN],
  ];
  for (const [list, wanted] of rows) {
    const pair = tensor([list, list]) as Tensor;
    for (const way of [(f: (x: Tensor) => Tensor) => f, compile]) {
      for (const f of [(x: Tensor) => x.mean(1), (x: Tensor) => x.transpose().mean(0)]) {
        for (const found of way(f)(pair).data) {
          const isNear = Math.abs(found - wanted) <= 1e-15 * Math.abs(wanted);
          assert.ok(Object.is(found, wanted) || isNear, `${list}: ${found}, not ${wanted}`);
        }
      }
    }
  }
});

test("the gradients of a variance and of a deviation add up to 0, however far the mean is from it", () => {
  for (const dtype of dtypes) {
    const x = tensor([1e7, 1e7 + 1, 1e7, 1e7 + 1], { dtype }) as Tensor;
    for (const f of [(x: Tensor) => variance(x), (x: Tensor) => std(x)]) {
      for (const way of [grad(f), compile(grad(f))]) assert.is((way(x) as Tensor).sum().item(), 0);
    }
  }
});

test.run();
