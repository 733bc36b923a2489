import { Random, type Tensor, toDot } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Interrupt } from "../src/mnist/interrupt.js";
import { TwoLayerNet } from "../src/mnist/network.js";
import { smallStep } from "../src/mnist/step-graph.js";
import { verifyGradients } from "../src/mnist/verify.js";

const parts = suite("parts");

parts("a wrong gradient is found, in the parameter where it is", async () => {
  /** Its forward pass uses W2 in a way that backward does not see. */
  class Wrong extends TwoLayerNet {
    override forward(x: Tensor) {
      return super.forward(x).add(this.affine2.W.detach().slice([0]));
    }
  }
  const random = new Random(3);
  const network = new Wrong({ inputs: 6, hidden: 5, classes: 4 }, 1, "float64");
  const interrupt = new Interrupt();
  try {
    const checks = await silently(() =>
      verifyGradients(network, random.uniform([3, 6]), random.integers([3], { high: 4 }), interrupt),
    );
    assert.equal(
      checks?.filter(({ ok }) => !ok).map(({ name }) => name),
      ["W2"],
    );
  } finally {
    interrupt.close();
  }
});

parts("elements whose difference would step over a kink are left out, and counted", async () => {
  const random = new Random(3);
  const network = new TwoLayerNet({ inputs: 6, hidden: 5, classes: 4 }, 1, "float64");
  // All inputs of the ReLU are 0, where its left and right derivatives differ.
  network.affine1.W.assign(network.affine1.W.mul(0).detach());
  const interrupt = new Interrupt();
  try {
    const checks = await silently(() =>
      verifyGradients(network, random.uniform([3, 6], { low: 0.1 }), random.integers([3], { high: 4 }), interrupt),
    );
    assert.equal(
      checks?.map(({ name, checked, kinks, ok }) => ({ name, checked, kinks, ok })),
      [
        { name: "W1", checked: 0, kinks: 30, ok: true },
        { name: "b1", checked: 0, kinks: 5, ok: true },
        { name: "W2", checked: 20, kinks: 0, ok: true },
        { name: "b2", checked: 4, kinks: 0, ok: true },
      ],
    );
  } finally {
    interrupt.close();
  }
});

parts("the small step's graph has all parameters and the loss", () => {
  const [dot, svg] = [toDot(smallStep()), toSvg(smallStep())];
  for (const name of ["images", "labels", "W1", "b1", "W2", "b2", "loss", "softmaxWithLoss"]) {
    assert.match(dot, name);
    assert.match(svg, `>${name}</text>`);
  }
});

parts.run();

/** Without the lines of the progress. */
async function silently<T>(work: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}
