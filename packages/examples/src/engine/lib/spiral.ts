/** Three arms of a spiral, and a network trained on them with the engine of the steps: used by steps 8 and 10. */
import { Random } from "@chainrule/core";
import { scalar, Tensor, tensor } from "./engine.js";

export const [classes, perClass, hidden] = [3, 60, 16];
const n = classes * perClass;

/** Points [180, 2], a third of them on each arm, and the one-hot labels, [180, 3]. */
export function spiral(): { readonly points: Float64Array; readonly labels: Float64Array } {
  const noise = new Random(1).normal([n], { std: 0.1 }).data;
  const points = new Float64Array(2 * n);
  const labels = new Float64Array(classes * n);
  for (let i = 0; i < n; i++) {
    const arm = Math.floor(i / perClass);
    const radius = (i % perClass) / perClass;
    const angle = 4 * arm + 4 * radius + (noise[i] as number);
    points.set([radius * Math.sin(angle), radius * Math.cos(angle)], 2 * i);
    labels[classes * i + arm] = 1;
  }
  return { points, labels };
}

/** The values that the parameters begin with; the biases are 0. */
export function initialWeights() {
  const random = new Random(2);
  return { W1: random.normal([2, hidden]), W2: random.normal([hidden, classes], { std: 0.3 }) };
}

/** A fully connected layer, x W + b. */
class Affine {
  readonly W: Tensor;
  readonly b: Tensor;

  constructor(W: Tensor) {
    this.W = W;
    this.b = tensor(new Float64Array(W.shape[1] as number), [W.shape[1] as number]);
  }

  forward(x: Tensor): Tensor {
    return x.matmul(this.W).add(this.b);
  }
}

/** The cross-entropy of softmax(scores) and one-hot labels: log(sum of exp) - the label's score, mean over the batch. */
function softmaxWithLoss(scores: Tensor, labels: Tensor): Tensor {
  const [rows] = scores.shape as readonly [number, number];
  const logSumExp = scores.exp().sumTo([rows, 1]).log();
  return logSumExp.sub(scores).mul(labels).sumTo([]).div(scalar(rows));
}

export interface Trained {
  readonly losses: readonly number[];
  /** The scores of points [n, 2], one behind the other, [n, 3]. */
  readonly scores: (points: Float64Array) => Float64Array;
}

/** Gradient descent on all points at once. */
export function train(steps: number, lr: number): Trained {
  const { points, labels } = spiral();
  const [x, t] = [tensor(points, [n, 2]), tensor(labels, [n, classes])];
  const initial = initialWeights();
  const layer1 = new Affine(tensor(initial.W1.data, [2, hidden]));
  const layer2 = new Affine(tensor(initial.W2.data, [hidden, classes]));
  const forward = (x: Tensor) => layer2.forward(layer1.forward(x).tanh());
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = softmaxWithLoss(forward(x), t);
    loss.backward();
    for (const parameter of [layer1.W, layer1.b, layer2.W, layer2.b]) {
      parameter.grad.forEach((gradient, i) => {
        parameter.data[i] = (parameter.data[i] as number) - lr * gradient;
      });
    }
    losses.push(loss.item());
  }
  return { losses, scores: (points) => forward(new Tensor(points, [points.length / 2, 2])).data };
}
