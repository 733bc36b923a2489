import { ones, Random, zeros } from "@chainrule/core";
import { Affine, SGD, softmaxWithLoss, Trainer } from "../../src/index.js";

const random = new Random(1);
const network = new Affine(12, 2, { random });

const trainer = new Trainer({
  network,
  optimizer: new SGD(network),
  random,
  epochs: 1,
  data: { x: ones([100, 12]), t: zeros([100], { dtype: "int32" }) },
  predict: ({ x }) => network.forward(x),
  loss: (scores, { t }) => softmaxWithLoss(scores, t),
});
trainer.evaluate({ x: ones([30, 12]), t: zeros([30], { dtype: "int32" }) });
trainer.evaluate({ x: ones([30, 13]), t: zeros([30], { dtype: "int32" }) }); // error: 13
trainer.evaluate({ x: ones([30, 12]) }); // error: 't' is missing
