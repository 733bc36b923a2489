import { ChainruleError, DTypeError, oneHot, Random, ShapeError, type Tensor, tensor } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { accuracy, classificationReport, confusionMatrix, r2Score, topKAccuracy } from "../src/index.js";
import { assertThrows, wave } from "./support.js";

const int32 = (values: number[]): Tensor => tensor(values, { dtype: "int32" });
const close = (actual: number, expected: number) =>
  assert.ok(Object.is(actual, expected) || Math.abs(actual - expected) < 1e-14, `${actual} is not ${expected}`);

test("accuracy: one-hot and index labels, a vector, ties, NaN, nothing", () => {
  const y = tensor([
    [0.1, 0.9, 0],
    [0.8, 0.1, 0.1],
    [0.3, 0.3, 0.4],
    [0.5, 0.5, 0],
  ]);
  assert.is(accuracy(y, [1, 0, 1, 0]), 0.75);
  assert.is(accuracy(y, int32([1, 0, 1, 1])), 0.5);
  assert.is(accuracy(y, oneHot([1, 0, 1, 0], 3) as Tensor), 0.75);
  assert.is(accuracy(tensor([0, 3, 1]), 1), 1);
  assert.is(
    accuracy(
      tensor([
        [Number.NaN, 0],
        [0, 1],
      ]),
      [0, 1],
    ),
    0.5,
  );
  assert.is(
    accuracy(
      tensor([
        [0, Number.NaN],
        [0, 1],
      ]),
      [1, 1],
    ),
    0.5,
  );
  assert.ok(Number.isNaN(accuracy(wave([0, 3]), [])));
});

test("topKAccuracy: scikit-learn's example, ties, NaN, all k", () => {
  const y = tensor([
    [0.5, 0.2, 0.2],
    [0.3, 0.4, 0.2],
    [0.2, 0.4, 0.3],
    [0.7, 0.2, 0.1],
  ]);
  assert.is(topKAccuracy(y, [0, 1, 2, 2], 2), 0.75);
  assert.is(topKAccuracy(y, [0, 1, 2, 2], 1), accuracy(y, [0, 1, 2, 2]));
  assert.is(topKAccuracy(y, [0, 1, 2, 2], 3), 1);
  assert.is(topKAccuracy(y, [0, 1, 2, 2], 9), 1);
  assert.is(topKAccuracy(tensor([1, 1, 1]), 2, 2), 0);
  assert.is(topKAccuracy(tensor([1, 1, 1]), 1, 2), 1);
  assert.is(topKAccuracy(tensor([1, Number.NaN, 1]), 0, 3), 0);
});

test("metrics: against counts one by one, of random scores with ties, ignored labels left out", () => {
  const random = new Random(5);
  for (const [rows, classes] of [
    [17, 3],
    [1, 1],
    [40, 5],
    [0, 3],
  ] as const) {
    const y = random.integers([rows, classes], { high: 4 }).cast("float64") as Tensor;
    const labels = [...random.integers([rows], { low: -1, high: classes }).data];
    const kept = labels.flatMap((label, row) =>
      label === -1 ? [] : [{ label, scores: [...y.data].slice(row * classes, (row + 1) * classes) }],
    );
    const order = (scores: number[]) =>
      scores.map((_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
    const share = (holds: (row: (typeof kept)[number]) => boolean) => kept.filter(holds).length / kept.length;
    const options = { ignoreIndex: -1 };
    const right = share(({ label, scores }) => order(scores)[0] === label);
    close(accuracy(y, labels, options), right);
    for (const k of [1, 2, 3])
      close(
        topKAccuracy(y, labels, k, options),
        share(({ label, scores }) => order(scores).slice(0, k).includes(label)),
      );
    const matrix = confusionMatrix(y, int32(labels), options);
    const report = classificationReport(y, labels, options);
    for (let c = 0; c < classes; c++) {
      const count = (holds: (isOf: boolean, isTaken: boolean) => boolean) =>
        kept.filter(({ label, scores }) => holds(label === c, order(scores)[0] === c)).length;
      const [tp, fp, fn] = [count((a, b) => a && b), count((a, b) => !a && b), count((a, b) => a && !b)];
      for (let d = 0; d < classes; d++) {
        const n = kept.filter(({ label, scores }) => label === c && order(scores)[0] === d).length;
        assert.is(matrix.data[c * classes + d], n);
      }
      const one = report.classes[c] as (typeof report.classes)[number];
      close(one.precision, tp + fp === 0 ? 0 : tp / (tp + fp));
      close(one.recall, tp + fn === 0 ? 0 : tp / (tp + fn));
      close(one.f1, tp === 0 ? 0 : (2 * one.precision * one.recall) / (one.precision + one.recall));
      assert.is(one.support, tp + fn);
    }
    const mean = (weight: (support: number) => number) =>
      report.classes.reduce((sum, { f1, support }) => sum + weight(support) * f1, 0) /
      report.classes.reduce((sum, { support }) => sum + weight(support), 0);
    close(
      report.macro.f1,
      mean(() => 1),
    );
    close(report.weighted.f1, kept.length === 0 ? 0 : mean((support) => support));
    for (const value of Object.values(report.micro)) close(value, kept.length === 0 ? 0 : right);
  }
});

test("confusionMatrix and classificationReport: the examples of scikit-learn", () => {
  const predicted = (classes: number[]) => oneHot(classes, 3) as Tensor;
  assert.equal(confusionMatrix(predicted([0, 0, 2, 2, 0, 2]), [2, 0, 2, 2, 0, 1]).toArray(), [
    [2, 0, 0],
    [0, 0, 1],
    [1, 0, 2],
  ]);
  // cat, dog, pig: precision_recall_fscore_support
  const { classes, macro, micro, weighted } = classificationReport(predicted([0, 2, 1, 0, 0, 1]), [0, 1, 2, 0, 1, 2]);
  assert.equal(classes, [
    { precision: 2 / 3, recall: 1, f1: 0.8, support: 2 },
    { precision: 0, recall: 0, f1: 0, support: 2 },
    { precision: 0, recall: 0, f1: 0, support: 2 },
  ]);
  close(macro.precision, 2 / 9);
  close(macro.recall, 1 / 3);
  close(macro.f1, 0.8 / 3);
  assert.equal(weighted, macro);
  for (const value of Object.values(micro)) close(value, 1 / 3);
});

test("classificationReport: what 0 / 0 is", () => {
  const y = oneHot([0, 0], 3) as Tensor;
  const report = (zeroDivision: number) => classificationReport(y, [0, 1], { zeroDivision });
  assert.equal(report(1).classes[2], { precision: 1, recall: 1, f1: 1, support: 0 });
  assert.equal(report(1).classes[1], { precision: 1, recall: 0, f1: 0, support: 1 });
  assert.ok(Number.isNaN(report(Number.NaN).classes[1]?.precision));
  close(report(Number.NaN).macro.precision, 0.5);
  close(report(Number.NaN).macro.recall, 0.5);
  close(report(0).macro.recall, 1 / 3);
});

test("r2Score: the examples of scikit-learn, columns, targets that are all alike", () => {
  close(r2Score(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7])), 1 - 1.5 / 29.1875);
  const [y, t] = [tensor([[0, 2], [-1, 2], [8, -5]]), tensor([[0.5, 1], [-1, 1], [7, -6]])]; // biome-ignore format: matrices
  close(r2Score(y, t), 1 - (1.25 / (217 / 6) + 3 / (98 / 3)) / 2);
  close(r2Score(tensor([1, 2, 3]), tensor([2, 2, 2])), 0);
  close(r2Score(tensor([2, 2, 2]), tensor([2, 2, 2])), 1);
  close(r2Score(tensor([2, 2, 2]), tensor([1, 2, 3])), 0);
  assert.ok(Number.isNaN(r2Score(tensor([1]), tensor([1]))));
});

test("what metrics cannot be made of", () => {
  const y = wave([2, 3]) as Tensor;
  for (const [name, f] of Object.entries({ confusionMatrix, classificationReport })) {
    assertThrows(() => f(y, [0, 3]), ShapeError, `${name}: label 3 (element 1)`);
    assertThrows(() => f(y, [0]), ShapeError, name, "int32 [1]");
    assertThrows(() => f(y, [0, -2], { ignoreIndex: -1 }), ShapeError, `${name}: label -2 (element 1)`);
    assertThrows(() => f(tensor([[0, 1], [Number.NaN, 0]]), [0, 1]), ChainruleError, `${name}: row 1`, "NaN"); // biome-ignore format: a line
  }
  assertThrows(() => accuracy(y, [0, 0.5]), DTypeError, "accuracy: label 0.5");
  for (const k of [0, 1.5, -1]) assertThrows(() => topKAccuracy(y, [0, 1], k), ChainruleError, `topKAccuracy: k ${k}`);
  assertThrows(() => r2Score(tensor(1), tensor(1)), ShapeError, "r2Score: y is a scalar");
  assertThrows(() => r2Score(y, wave([3, 2]) as never), ShapeError, "r2Score", "[2, 3]", "[3, 2]");
});

test.run();
