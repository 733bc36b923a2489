import { Random, type Tensor } from "@chainrule/core";
import {
  Affine,
  accuracy,
  type RecorderOptions,
  ReLU,
  ReportRecorder,
  Sequential,
  SGD,
  softmaxWithLoss,
  Trainer,
} from "@chainrule/nn";
import { toSvg } from "@chainrule/pictures";

type Data = { readonly x: Tensor; readonly labels: Tensor };

/** A small run that can be reported: noise of 4 x 4 pixels in 3 classes, which is hardly learned. */
export function smallRun(
  options: Partial<RecorderOptions<Data>> & {
    readonly epochs?: number;
    readonly onStep?: () => void | Promise<void>;
  } = {},
) {
  const { epochs = 6, onStep, ...given } = options;
  const random = new Random(3);
  const network = new Sequential([new Affine(16, 12, { random }), new ReLU(), new Affine(12, 3, { random })]);
  const data: Data = { x: random.uniform([120, 16]), labels: random.integers([120], { high: 3 }) };
  const loss = ({ x, labels }: Data) => softmaxWithLoss(network.forward(x), labels);
  const rows = { x: data.x.take([0, 1]), labels: data.labels.take([0, 1]) };
  const report = new ReportRecorder<Data>({
    title: "A small run",
    probe: data,
    classification: {
      evaluation: "test",
      labels: ({ labels }) => labels,
      show: ({ x }, row) => x.slice([row]).reshape([4, 4]),
    },
    graph: toSvg(loss(rows).named("loss")),
    seed: 3,
    command: "node run.js --seed 3",
    ...given,
  });
  const trainer = new Trainer({
    network,
    optimizer: new SGD(network, { lr: 0.1 }),
    data,
    predict: ({ x }) => network.forward(x),
    loss: (scores, { labels }) => softmaxWithLoss(scores, labels),
    metrics: { accuracy: (scores, { labels }) => accuracy(scores, labels) },
    evaluations: { train: data, test: data },
    evaluateFirst: true,
    batchSize: 10,
    epochs,
    random: new Random(4),
    callbacks: [report.callback, ...(onStep ? [{ onStep }] : [])],
    step: { compiled: false },
  });
  return { report, trainer };
}
