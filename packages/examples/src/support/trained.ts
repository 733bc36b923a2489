/** Networks for examples that look at what others have trained. */
import { existsSync } from "node:fs";
import { compile, concat, Random, type Tensor } from "@chainrule/core";
import {
  Adam,
  batches,
  cosineDecay,
  type Layer,
  loadParameters,
  softmaxWithLoss,
  takeRows,
  trainStep,
} from "@chainrule/nn";
import { loadTensors } from "@chainrule/nn/node";
import type { Planes } from "./conv-nets.js";
import { section } from "./report.js";

/**
 * Gives a network the weights of a file; where there is no such file, trains it: steps of Adam, its rate from 0.001 to 0.
 *
 * @returns whether they are the file's
 */
export function loadOrTrain(
  network: Layer,
  file: string,
  train: Planes,
  { steps, batch, seed }: { readonly steps: number; readonly batch: number; readonly seed: number },
): boolean {
  if (existsSync(file)) {
    console.log(`\nThe weights are those of ${file}`);
    loadParameters(network, loadTensors(file).tensors);
    return true;
  }
  section(`There is no ${file}: ${steps} steps of training in its place`);
  const optimizer = new Adam(network, { lr: 0.001 });
  const schedule = cosineDecay({ steps });
  const random = new Random(seed + 1);
  const step = trainStep(
    (images: Tensor, labels: Tensor, draws: Random) =>
      softmaxWithLoss(network.forward(images, { training: true, random: draws }), labels),
    optimizer,
  );
  for (let i = 0; i < steps; i++) {
    optimizer.lrFactor = schedule(i);
    const { images, labels } = takeRows(train, random.choice(train.labels.size, batch));
    const loss = step(images, labels, random.fork(i));
    if ((i + 1) % Math.ceil(steps / 5) === 0) console.log(`  step ${i + 1}   loss ${loss.toFixed(4)}`);
  }
  return false;
}

/** The scores, [N, 10], that a network in the form of evaluation gives images, 500 at a time. */
export function scoresOf(predict: (images: Tensor) => Tensor, data: Planes): Tensor {
  const run = compile(predict);
  return concat([...batches(data, 500)].map(({ images }) => run(images)));
}
