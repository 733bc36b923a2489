import { type Tensor, tensor } from "@chainrule/core";
import { TwoLayerNet } from "./network.js";

/**
 * The loss of a training step after its backward pass, for a picture of its graph. It is that of a network of 3 inputs, 2
 * hidden units and 2 classes, with a batch of 2: the same nodes, but numbers that can be checked by hand.
 */
export function smallStep(): Tensor {
  const network = new TwoLayerNet({ inputs: 3, hidden: 2, classes: 2 }, 0, "float64");
  const { W1, b1, W2, b2 } = network.parameters();
  W1.assign([
    [1, -1],
    [0, 2],
    [1, 0],
  ]);
  b1.assign([0.5, -0.5]);
  W2.assign([
    [1, 0],
    [-1, 1],
  ]);
  b2.assign([0, 0.5]);
  const images = tensor(
    [
      [1, 0, 0.5],
      [0, 1, 0],
    ],
    { name: "images" },
  );
  const labels = tensor([0, 1], { dtype: "int32", name: "labels" });
  const loss = network.loss(images, labels).named("loss");
  loss.backward();
  return loss;
}
