import { Random, tensor } from "@chainrule/core";
import { Adam, Affine, accuracy, ReLU, Sequential, softmaxWithLoss, trainStep } from "@chainrule/nn";

const random = new Random(42);

// Two classes of points: inside and outside of a circle.
const x = random.normal([300, 2]);
const labels = x.square().sum(1).greater(1.4).cast("int32");

const network = new Sequential([new Affine(2, 16, { random }), new ReLU(), new Affine(16, 2, { random })]);

// The graph of one loss, for four points, before any training.
const four = [0, 1, 2, 3];
const loss = softmaxWithLoss(network.forward(x.take(four)), labels.take(four));
loss.backward();
loss;

const step = trainStep(() => softmaxWithLoss(network.forward(x), labels), new Adam(network, { lr: 0.05 }));

const losses = Array.from({ length: 200 }, () => step());
plot(losses, { title: "Loss function", x: "step" });

accuracy(network.forward(x), labels);

// What the network says along a line through the middle.
const line = Array.from({ length: 81 }, (_, i) => -4 + i / 10);
const outside = network
  .forward(tensor(line.map((a) => [a, 0])))
  .softmax(1)
  .slice([[0, 81], 1]);
plot(line, { "probability of outside": outside }, { title: "Along the x-axis", x: "x" });
