/**
 * Training in functional style: plain functions and records, no classes; nothing is changed in place.
 *
 * 함수형으로 쓴 학습: 클래스 없이 함수와 레코드만 쓰고, 어떤 값도 제자리에서 고치지 않습니다.
 * 関数型で書いた学習: クラスを使わず関数とレコードだけで、その場で書き換えるものはない。
 *
 * scores = relu(x W1 + b1) W2 + b2, loss = -1/N sum of t log softmax(scores), W <- W - lr dloss/dW, each a function.
 * Parameters are a record of tensors. `gradient` turns them into variables, walks the graph and gives a record of the same
 * names; `descend` makes new parameters out of both. No layer, no optimizer.
 */
import { Random, type Tensor, variable, zeros } from "@chainrule/core";
import type { ImageSet } from "@chainrule/nn/node";
import { readDigits } from "../mnist/data.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { iterations, batch, seed } = readOptions({ iterations: 2000, batch: 100, seed: 1 });
const dtype = "float32";

const names = ["W1", "b1", "W2", "b2"] as const;
type Parameters = Readonly<Record<(typeof names)[number], Tensor>>;

const each = (f: (name: keyof Parameters) => Tensor): Parameters =>
  Object.fromEntries(names.map((name) => [name, f(name)])) as Parameters;

function initialParameters(random: Random): Parameters {
  return {
    W1: random.normal([784, 50], { std: 0.01, dtype }),
    b1: zeros([50], { dtype }),
    W2: random.normal([50, 10], { std: 0.01, dtype }),
    b2: zeros([10], { dtype }),
  };
}

const forward = ({ W1, b1, W2, b2 }: Parameters, x: Tensor): Tensor => x.matmul(W1).add(b1).relu().matmul(W2).add(b2);

/** The cross-entropy of softmax(scores) and one-hot labels, mean over the batch. */
function loss(parameters: Parameters, x: Tensor, t: Tensor): Tensor {
  const scores = forward(parameters, x);
  return scores
    .logSoftmax()
    .mul(t)
    .sum()
    .div(-(x.shape[0] as number));
}

function gradient(parameters: Parameters, x: Tensor, t: Tensor): Parameters {
  const variables = each((name) => variable(parameters[name]));
  loss(variables, x, t).backward();
  return each((name) => variables[name].grad as Tensor);
}

const descend = (parameters: Parameters, gradients: Parameters, lr: number): Parameters =>
  each((name) => parameters[name].sub(gradients[name].mul(lr)));

/** The share of images, from 0 to 1, whose greatest score stands at their class. */
function evaluate(parameters: Parameters, { images, labels }: ImageSet): number {
  const found = forward(parameters, images.toTensor()).argMax(-1);
  return found.equal(labels).cast("float64").mean().item();
}

const { train, test } = readDigits(null, dtype);
const draw = (random: Random): readonly [x: Tensor, t: Tensor] => {
  const rows = random.choice(train.labels.size, batch);
  return [train.images.take(rows), train.labels.take(rows).oneHot(10, { dtype })];
};

const random = new Random(seed);
let parameters = initialParameters(random);
const first = loss(parameters, ...draw(random)).item();
const start = performance.now();
for (let i = 0; i < iterations; i++) {
  parameters = descend(parameters, gradient(parameters, ...draw(random)), 0.1);
}
const seconds = (performance.now() - start) / 1000;

section(`Before and after ${iterations} iterations, batches of ${batch} (${seconds.toFixed(1)} s)`);
compare("loss before training (ln 10)", first, Math.LN10, 0.01);
const last = loss(parameters, ...draw(random)).item();
check("loss of a batch after training", last.toFixed(4), `below ${first.toFixed(4)}`, last < first);
const bound = iterations >= 2000 ? 0.92 : iterations >= 240 ? 0.8 : 0.1;
for (const [name, set] of Object.entries({ training: train, test })) {
  const accuracy = evaluate(parameters, set);
  check(`accuracy on the ${name} images`, accuracy.toFixed(4), `at least ${bound}`, accuracy >= bound);
}
note(
  "Classes are a convenience: a network is a function of its parameters, and training a function from parameters to parameters.",
);
