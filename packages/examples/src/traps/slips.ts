/**
 * Three slips in programs written after the textbook, shown and explained: what goes wrong, in numbers.
 *
 * 교재를 따라 쓴 프로그램에서 나오는 실수 세 가지: 무엇이 잘못되는지 수치로 봅니다.
 * 教材にならって書いたプログラムによくある誤り三つ: 何がおかしくなるのかを数値で見る。
 *
 * The second layer fed x instead of the hidden activations; labels taken from the images; an update loop that names b1
 * twice and never b2. The first two stop at a shape; where the shapes happen to fit, nothing but the gradient tells. The
 * third one never stops: the network learns nearly as well.
 */
import { noGrad, Random, ShapeError, type Tensor } from "@chainrule/core";
import { Affine, accuracy, normal, softmaxWithLoss, takeRows } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { rowsOf } from "../support/multi-layer-net.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { iterations, seed } = readOptions({ iterations: 1000, seed: 1 });
const { train, test } = readDigits(null, "float32");

function layers(hidden: number): { affine1: Affine; affine2: Affine } {
  const options = { initializer: normal({ std: 0.01 }), random: new Random(seed), dtype: "float32" } as const;
  return { affine1: new Affine(784, hidden, options), affine2: new Affine(hidden, 10, options) };
}

/** The error that something stops with. */
function errorOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    console.log(`  stops with: ${error.message}`);
    return error.name;
  }
}

const batch = rowsOf(train, 0, 100);

section("1. The second layer is fed x instead of the hidden activations");
{
  const { affine1, affine2 } = layers(50);
  const forward = (x: Tensor): Tensor => {
    affine1.forward(x).relu();
    return affine2.forward(x);
  };
  const error = errorOf(() => forward(batch.images));
  check("with 50 hidden units", error, "ShapeError", error === "ShapeError");
}
{
  // With as many hidden units as pixels the shapes fit, and the first layer is computed for nothing.
  const { affine1, affine2 } = layers(784);
  const forward = (x: Tensor): Tensor => {
    affine1.forward(x).relu();
    return affine2.forward(x);
  };
  const loss = softmaxWithLoss(forward(batch.images), batch.labels);
  loss.backward();
  check("with 784: gradient of W1", String(affine1.W.grad), "null, no part of the graph", affine1.W.grad === null);
  check("with 784: gradient of W2", affine2.W.grad === null ? "null" : "found", "found", affine2.W.grad !== null);
  affine1.W.assign(affine1.W.mul(2));
  compare(
    "change of the loss when W1 is doubled",
    softmaxWithLoss(forward(batch.images), batch.labels).item() - loss.item(),
    0,
  );
}

section("2. Labels are taken from the images");
{
  const { affine1, affine2 } = layers(50);
  const scores = affine2.forward(affine1.forward(batch.images).relu());
  const error = errorOf(() => softmaxWithLoss(scores, batch.images));
  check("t = the images of the batch", error, "ShapeError", error === "ShapeError");
}

section(`3. The update loop names b1 twice and never b2; ${iterations} iterations`);

/** Trains with an update loop over the given names; what came of it. */
function trainOver(names: readonly ("W1" | "b1" | "W2" | "b2")[]) {
  const { affine1, affine2 } = layers(50);
  const parameters: Readonly<Record<string, Tensor>> = { W1: affine1.W, b1: affine1.b, W2: affine2.W, b2: affine2.b };
  const forward = (x: Tensor): Tensor => affine2.forward(affine1.forward(x).relu());
  const random = new Random(seed);
  let firstMove: Tensor = affine1.b.detach();
  for (let i = 0; i < iterations; i++) {
    const { images, labels } = takeRows(train, random.choice(train.labels.size, 100));
    for (const parameter of Object.values(parameters)) parameter.zeroGrad();
    softmaxWithLoss(forward(images), labels).backward();
    for (const name of names) {
      const parameter = parameters[name] as Tensor;
      parameter.assign(parameter.sub((parameter.grad as Tensor).mul(0.1)));
    }
    if (i === 0) firstMove = affine1.b.detach();
  }
  return {
    firstMove,
    largestB2: affine2.b.abs().max().item(),
    accuracy: noGrad(() => accuracy(forward(test.images.toTensor()), test.labels)),
  };
}

const right = trainOver(["W1", "b1", "W2", "b2"]);
const slip = trainOver(["W1", "b1", "W2", "b1"]);
compare(
  "first step of b1, with the slip / without",
  slip.firstMove.abs().sum().div(right.firstMove.abs().sum()).item(),
  2,
  1e-6,
);
compare("largest element of b2, with the slip", slip.largestB2, 0);
check("largest element of b2, without", right.largestB2.toFixed(4), "above 0.01", right.largestB2 > 0.01);
const lost = Math.abs(right.accuracy - slip.accuracy);
check(
  `test accuracy ${right.accuracy} becomes ${slip.accuracy}`,
  lost.toFixed(4),
  "hardly changed: at most 0.05",
  lost <= 0.05,
);
note(
  "So the accuracy does not tell. An optimizer made of the model, new SGD(network), cannot forget a parameter,",
  "and step() refuses a parameter that has no gradient.",
);
