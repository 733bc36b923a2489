import { uniform } from "../data.mjs";

/** Inputs of the evaluations by a rule, in the form in which the suite sends its own. */

/** Uniform numbers from `low` to `high`, as nested lists of a shape. */
function numbers(shape, seed, low = 0, high = 1) {
  const values = Array.from(
    uniform(
      shape.reduce((product, size) => product * size, 1),
      seed,
      Float64Array,
    ),
    (value) => low + (high - low) * value,
  );
  return shape
    .slice(1)
    .reduceRight(
      (rows, size) => Array.from({ length: rows.length / size }, (_, i) => rows.slice(i * size, (i + 1) * size)),
      values,
    );
}

const whole = (shape, seed, below) =>
  JSON.parse(JSON.stringify(numbers(shape, seed, 0, below)), (_, x) => (Array.isArray(x) ? x : Math.floor(x)));

/** Of five fingers the bones stand behind that of the wrist; the last one is the forearm. */
const parents = Array.from({ length: 22 }, (_, i) => (i === 0 ? -1 : i === 21 || i % 4 === 1 ? 0 : i - 1));

/** Matrices that move, and turn a little. */
function transforms(count, seed) {
  return numbers([count, 4, 4], seed, -0.3, 0.3).map((matrix) =>
    matrix.map((row, i) => (i === 3 ? [0, 0, 0, 1] : row.map((value, j) => value + (i === j ? 1 : 0)))),
  );
}

export const inputs = {
  hello: ({ x }) => x,
  lse: ({ n }) => ({ x: numbers([n], 1, -10, 10) }),
  llsq: ({ n, m }) => ({ x: numbers([m], 1), n }),
  kmeans({ n, k, d }) {
    const points = numbers([n, d], 1);
    // The nearest centroid of these points is their own, so that none has no points.
    return { points, centroids: points.slice(-k) };
  },
  gmm: ({ n, d, k }) => ({
    d,
    k,
    n,
    x: numbers([n, d], 1, -2, 2),
    m: 1,
    gamma: 1.25,
    alpha: numbers([k], 2, -1, 1),
    mu: numbers([k, d], 3),
    q: numbers([k, d], 4, -1, 1),
    l: numbers([k, (d * (d - 1)) / 2], 5, -1, 1),
  }),
  ba: ({ n, m, p }) => ({
    n,
    m,
    p,
    cam: [...numbers([3], 1, -0.5, 0.5), ...numbers([3], 2, -0.1, 0.1), 500, 320, 240, -0.1, 0.02],
    x: [0.3, -0.4, 3],
    w: 0.8,
    feat: numbers([2], 3, 200, 400),
  }),
  ht: ({ vertices, points, us }) => ({
    theta: numbers([26], 1, -0.5, 0.5),
    data: {
      model: {
        bone_count: parents.length,
        bone_names: parents.map((_, i) => `bone ${i}`),
        parents,
        base_relatives: transforms(parents.length, 2),
        inverse_base_absolutes: transforms(parents.length, 3),
        base_positions: numbers([vertices, 3], 4, -1, 1).map((position) => [...position, 1]),
        weights: numbers([vertices, parents.length], 5, 0, 0.1),
        triangles: whole([vertices, 3], 6, vertices),
        is_mirrored: false,
      },
      correspondences: whole([points], 7, vertices),
      points: numbers([points, 3], 8, -1, 1),
    },
    us: us ? numbers([points, 2], 9) : [],
  }),
  lstm: ({ l, c, b }) => ({
    main_params: numbers([2 * l, 4 * b], 1),
    extra_params: numbers([3, b], 2),
    state: numbers([2 * l, b], 3),
    sequence: whole([c, b], 4, 2),
  }),
  det: ({ ell }) => ({ A: numbers([ell * ell], 1), ell }),
  ode: ({ n, s }) => ({ x: numbers([n], 1, 0.5, 1), s }),
  particle: () => ({ w: 0 }),
  saddle: () => ({ start: [1, 1] }),
};

/** Small ones, for which the values that are expected are stored: see expected.json. */
export const small = {
  hello: { x: 1.5 },
  lse: { n: 7 },
  llsq: { n: 17, m: 5 },
  kmeans: { n: 23, k: 4, d: 3 },
  gmm: { n: 11, d: 4, k: 3 },
  ba: { n: 3, m: 5, p: 17 },
  ht: { vertices: 13, points: 5, us: false },
  "ht, complicated": { vertices: 13, points: 5, us: true },
  lstm: { l: 2, c: 9, b: 5 },
  det: { ell: 5 },
  ode: { n: 6, s: 4 },
  particle: {},
  saddle: {},
};

/** The evaluation of a name that may say more, behind a comma. */
export const evaluationOf = (name) => name.split(",")[0];
