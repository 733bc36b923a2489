import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Tensor, take, tensor } from "../src/index.js";

// The loops take the last two axes at once and walk over the others; NumPy's rule, element by element, is the judge.

function counted(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(Float64Array.from({ length: size }, (_, i) => 1 + ((i * 7) % 11))).reshape(shape);
}

/** The element that broadcasting reads at `index`, the axes of both counted from the last. */
function read(x: Tensor, index: readonly number[]): number {
  const skipped = index.length - x.rank;
  const position = x.shape.reduce(
    (at, size, axis) => at * size + (size === 1 ? 0 : (index[axis + skipped] as number)),
    0,
  );
  return x.array[position] as number;
}

for (const [a, b] of [
  [[5, 2], [2]],
  [
    [5, 2],
    [5, 1],
  ],
  [
    [5, 1],
    [1, 3],
  ],
  [[4, 3], [1]],
  [[4, 3], []],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 5],
  ],
  [
    [2, 3, 2, 3, 2],
    [2, 1, 2, 1, 2],
  ],
  [[3, 0], [1]],
] as const) {
  test(`[${a.join(", ")}] - [${b.join(", ")}] and back`, () => {
    const [x, y] = [counted(a), counted(b)];
    const [difference, opposite] = [x.sub(y), y.sub(x)];
    const { shape } = difference;
    for (let i = 0; i < difference.array.length; i++) {
      let rest = i;
      const index = [...shape]
        .reverse()
        .map((size) => {
          const at = rest % size;
          rest = Math.floor(rest / size);
          return at;
        })
        .reverse();
      assert.is(difference.array[i], read(x, index) - read(y, index), `at [${index.join(", ")}]`);
      assert.is(opposite.array[i], read(y, index) - read(x, index), `at [${index.join(", ")}], reversed`);
    }
  });
}

test("reductions over a leading or middle axis equal those over the last one of the array turned round", () => {
  const x = counted([3, 5, 4]);
  for (const axis of [0, 1]) {
    const turned = x.transpose(axis === 0 ? [1, 2, 0] : [0, 2, 1]);
    for (const reduce of [
      (t: Tensor, along: number) => t.variance(along),
      (t: Tensor, along: number) => t.max(along),
      (t: Tensor, along: number) => t.min(along),
      (t: Tensor, along: number) => t.norm({ axis: along }),
      (t: Tensor, along: number) => t.logSumExp(along),
    ]) {
      assert.equal(reduce(x, axis).toArray(), reduce(turned, 2).toArray(), `${reduce}, axis ${axis}`);
    }
  }
});

test("negative indices are counted from the end without a change of the tensor that holds them", () => {
  const indices = tensor(Int32Array.of(0, -1, 1));
  assert.equal(take(tensor([10, 20, 30]), indices).toArray(), [10, 30, 20]);
  assert.equal(indices.toArray(), [0, -1, 1]);
});

test.run();
