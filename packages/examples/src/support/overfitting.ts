/** Learning from so few images that a network learns them by heart: what weight decay and dropout are shown on. */
import { Random } from "@chainrule/core";
import { type Layer, type Optimizer, Trainer } from "@chainrule/nn";
import { readDigits } from "../mnist/data.js";
import { savePanels } from "./chart.js";
import { accuraciesOf, points } from "./curves.js";
import { classifier, rowsOf } from "./multi-layer-net.js";

/** Accuracies before the first epoch and after each. */
export interface Curves {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** The first images of MNIST: `samples` to learn from, and `tests` of the test images. */
export function fewImages(samples: number, tests: number) {
  const { train, test } = readDigits(null, "float32");
  return { train: rowsOf(train, 0, samples), test: rowsOf(test, 0, tests) };
}

/** Trains a network on few images; test images are evaluated after each epoch, too. */
export async function trainOnFew(
  name: string,
  network: Layer,
  optimizer: Optimizer,
  { train, test }: ReturnType<typeof fewImages>,
  { epochs, seed }: { readonly epochs: number; readonly seed: number },
): Promise<Curves> {
  const trainer = new Trainer({
    ...classifier(network),
    optimizer,
    data: train,
    evaluations: { train, test },
    evaluateFirst: true,
    replace: true,
    random: new Random(seed),
    epochs,
    callbacks: [
      {
        onEvaluation: (_, { epoch, values }) => {
          if (epoch % 50 !== 0 && epoch !== epochs) return;
          const accuracies = ["train", "test"].map((set) => `${set} ${values[`${set}.accuracy`]?.toFixed(3)}`);
          console.log(`  ${name.padEnd(8)}   epoch ${String(epoch).padStart(3)}   ${accuracies.join("   ")}`);
        },
      },
    ],
  });
  const { evaluations } = await trainer.run();
  return { train: accuraciesOf(evaluations, "train"), test: accuraciesOf(evaluations, "test") };
}

/** How far the last training accuracy is from the last test accuracy. */
export function gap({ train, test }: Curves): number {
  return last(train) - last(test);
}

export function last(values: readonly number[]): number {
  return values.at(-1) ?? Number.NaN;
}

/** A chart for each network, side by side. */
export function saveCurves(
  file: string,
  { title, description, curves }: { title: string; description: string; curves: Readonly<Record<string, Curves>> },
): void {
  savePanels(file, {
    title,
    description,
    columns: 2,
    size: [330, 250],
    panels: Object.entries(curves).map(([name, { train, test }]) => ({
      title: name,
      x: { name: "epoch", min: 0, max: train.length - 1 },
      y: { name: "accuracy", min: 0, max: 1, step: 0.2 },
      series: [
        { name: "train", points: points(train) },
        { name: "test", points: points(test), dashed: true },
      ],
    })),
  });
}
