import {
  ChainruleError,
  compile,
  DTypeError,
  grad,
  hvp,
  Random,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  valueAndGrad,
  vmap,
} from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ctcLoss, type Reduction } from "../src/index.js";
import { ctcOfAllPaths } from "./support/loss-rows.js";
import { pytorchCtc } from "./support/pytorch-losses.js";
import { assertClose, assertFinite, assertThrows, wave } from "./support.js";

// The CTC loss besides what the table of losses looks at: lengths, forms of targets, blanks, what is impossible.

const int32 = (list: readonly unknown[] | number) => tensor(list as number[], { dtype: "int32" }) as Tensor;

for (const { name, scores, targets, inputLengths, targetLengths, options, each, mean, gradient } of pytorchCtc) {
  test(`what PyTorch 1.13 gives, by the scores behind a logSoftmax, compiled, too: ${name}`, () => {
    const x = wave(scores, 2);
    const given = [targets, inputLengths, targetLengths].map((list) => int32(list)) as [Tensor, Tensor, Tensor];
    const loss = (x: Tensor, reduction: Reduction, ...at: [Tensor, Tensor, Tensor]): Tensor =>
      ctcLoss(x.logSoftmax(), ...at, { reduction, ...options });
    const withGradient = (x: Tensor, ...at: [Tensor, Tensor, Tensor]) => {
      const { value, gradient } = valueAndGrad((x: Tensor) => loss(x, "mean", ...at))(x);
      return [value, gradient] as Tensor[];
    };
    for (const form of [withGradient, compile(withGradient)]) {
      const [value, slope] = form(x, ...given) as [Tensor, Tensor];
      assertClose(value, tensor(mean), 1e-13, "mean");
      assertClose(slope.reshape([-1]), tensor([...gradient]), 1e-13, "gradient");
    }
    assertClose(loss(x, "none", ...given).reshape([-1]), tensor([...each]), 1e-13, "each");
    assertClose(loss(x, "sum", ...given), tensor(each.reduce<number>((a, b) => a + b, 0)), 1e-13, "sum");
  });
}

test("the sum over all ways, and its gradient, of random sequences, possible or not, with classes of probability 0", () => {
  const numbers = new Random(5).generator;
  const below = (n: number) => Math.floor((numbers.uniform(1)[0] as number) * n);
  let impossible = 0;
  for (let round = 0; round < 40; round++) {
    const [steps, rows, classes] = [below(6), 1 + below(3), 1 + below(3)] as const;
    const blank = below(classes);
    const logP = Array.from({ length: steps }, () =>
      Array.from({ length: rows }, () =>
        Array.from({ length: classes }, () => (below(8) === 0 ? -Infinity : -3 * (numbers.uniform(1)[0] as number))),
      ),
    );
    const targets = Array.from({ length: rows }, () =>
      Array.from({ length: classes === 1 ? 0 : below(4) }, () => (blank + 1 + below(classes - 1)) % classes),
    );
    const lengths = targets.map(({ length }) => length);
    const counted = targets.map(() => below(steps + 1));
    const expected = targets.map((target, n) =>
      ctcOfAllPaths(
        logP.slice(0, counted[n]).map((row) => row[n] as number[]),
        target,
        blank,
      ),
    );
    impossible += expected.filter(({ loss }) => loss === Infinity).length;
    const x = tensor(logP.flat(2)).reshape([steps, rows, classes]) as Tensor;
    const width = Math.max(...lengths);
    // What stands behind a target is nobody's.
    const padded = int32(targets.flatMap((target) => [...target, ...Array(width - target.length).fill(-9)]));
    for (const form of [int32(targets.flat()), padded.reshape([rows, width])]) {
      const what = `round ${round}, ${form.shape}`;
      const each = ctcLoss(x, form, counted, lengths, { blank, reduction: "none" });
      const finite = ctcLoss(x, form, counted, lengths, { blank, reduction: "none", zeroInfinity: true });
      expected.forEach(({ loss }, n) => {
        const found = each.data[n] as number;
        if (loss === Infinity) assert.equal([found, finite.data[n]], [Infinity, 0], what);
        else assert.ok(Math.abs(found - loss) < 1e-12, `${what}: ${found}, expected ${loss}`);
      });
      const sum = (x: Tensor): Tensor => ctcLoss(x, form, counted, lengths, { blank, reduction: "sum" });
      const slope = grad(sum)(x) as Tensor;
      const flat = logP.flatMap((row, t) => row.flatMap((all, n) => expected[n]?.gradient[t] ?? all.map(() => 0)));
      assertClose(slope.reshape([-1]), tensor(flat), 1e-12, what);
      assertFinite(hvp(sum, x, x.isFinite().where(1, 0)) as Tensor, what);
    }
  }
  assert.ok(impossible > 10, `${impossible}`);
});

test("what stands in the steps that do not count changes nothing, NaN neither", () => {
  const x = wave([4, 2, 3]);
  const isCounted = tensor([[1, 1], [1, 1], [1, 0], [0, 0]]).greater(0).expandDims(2); // biome-ignore format: a matrix
  const loss = (x: Tensor): Tensor => ctcLoss(x, int32([[1, 2], [2, 0]]), [3, 2], [2, 1]); // biome-ignore format: a matrix
  const broken = isCounted.where(x, Number.NaN) as Tensor;
  assert.is(loss(broken).item(), loss(x).item());
  assert.equal(grad(loss)(broken).toArray(), grad(loss)(x).toArray());
});

test("mapped over targets and their lengths, it is what each gives", () => {
  const x = wave([2, 4, 2, 3]);
  const [targets, lengths] = [int32([[1, 2, 2], [2, 1, 1]]), int32([[2, 1], [0, 3]])]; // biome-ignore format: matrices
  const loss = (x: Tensor, t: Tensor, lengths: Tensor): Tensor =>
    ctcLoss(x, t, [4, 4], lengths, { zeroInfinity: true });
  const at = (i: number): Tensor => loss(x.slice([i]), targets.slice([i]), lengths.slice([i]));
  assertClose(vmap(loss)(x, targets, lengths), stack([at(0), at(1)]), 1e-14);
});

test("wrong labels and lengths are refused, in a compiled function at the call", () => {
  const x = wave([4, 2, 3]);
  const loss = (t: Tensor, counted: Tensor, lengths: Tensor): Tensor => ctcLoss(x, t, counted, lengths);
  const matrix = int32([[1, 2], [2, 0]]); // biome-ignore format: a matrix
  const [joined, counted, lengths] = [int32([1, 2, 2]), int32([4, 3]), int32([2, 1])];
  const cases: readonly (readonly [given: [Tensor, Tensor, Tensor], text: string])[] = [
    [[int32([[1, 3], [2, 0]]), counted, lengths], "label 3 (element 1) is out of range for 3 classes"], // biome-ignore format: a matrix
    [[int32([[1, 2], [-1, 0]]), counted, lengths], "label -1 (element 2)"], // biome-ignore format: a matrix
    [[int32([[1, 0], [2, 0]]), counted, lengths], "blanks in the place of a label"], // biome-ignore format: a matrix
    [[int32([1, 2, 0]), counted, lengths], "blanks in the place of a label"],
    [[matrix, int32([4, 5]), lengths], "input length 5 (element 1) is out of range for 4 steps"],
    [[matrix, int32([-1, 3]), lengths], "input length -1"],
    [[matrix, counted, int32([2, 3])], "target length 3 (element 1)"],
    [[joined, counted, int32([1, 1])], "labels that belong to no target, 1"],
    [[joined, counted, int32([3, 1])], "labels that belong to no target, -1"],
    [[int32([1, 2]), counted, lengths], "labels that belong to no target, -1"],
    [[matrix.reshape([1, 4]), counted, lengths], "they are [2, S], or the labels of all 2 one behind the other"],
    [[matrix, int32([4]), lengths], "input lengths [1] for 2 sequences"],
  ];
  const form = compile(loss);
  for (const [given, text] of cases) {
    for (const call of [loss, form]) assertThrows(() => call(...given), ShapeError, `ctcLoss: `, text);
  }
  assertClose(form(joined, counted, lengths), loss(matrix, counted, lengths), 1e-14);
  assertThrows(() => loss(joined.cast("float64"), counted, lengths), DTypeError, "targets are int32, got float64");
  assertThrows(() => loss(joined, counted.cast("float64"), lengths), DTypeError, "input lengths are int32");
  assertThrows(() => ctcLoss(x, joined, [4, 3], [2, 1], { blank: 3 }), ChainruleError, "blank 3: a class from 0 to 2");
  assertThrows(() => ctcLoss(wave([2]), joined, 1, 1), ShapeError, "logP is [T, N, C]");
  assertThrows(
    () => ctcLoss(x, [[1, 2]] as never, [4, 3], [2, 1]),
    DTypeError,
    "a matrix of labels is an int32 tensor",
  );
  const one: Tensor<[]> = ctcLoss(wave([4, 3]) as Tensor<[4, 3]>, [1, 2], 4, 2, { reduction: "none" });
  const batch: Tensor<[2]> = ctcLoss(x as Tensor<[4, 2, 3]>, joined, [4, 3], [2, 1], { reduction: "none" });
  assert.equal([one.rank, batch.size], [0, 2]);
});

test.run();
