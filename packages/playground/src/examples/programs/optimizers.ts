import { tensor, variable } from "@chainrule/core";
import { AdaGrad, Adam, Momentum, type Optimizer, SGD } from "@chainrule/nn";

// f = x^2 / 20 + y^2 from (-7, 2): long and narrow.
function path(optimizer: (p: { p: ReturnType<typeof start> }) => Optimizer) {
  const p = start();
  const steps = optimizer({ p });
  const values: number[] = [];
  for (let i = 0; i < 30; i++) {
    const f = p
      .square()
      .mul(tensor([1 / 20, 1]))
      .sum();
    values.push(f.item());
    steps.zeroGrad();
    f.backward();
    steps.step();
  }
  console.log(steps.constructor.name, p.toArray());
  return values;
}
const start = () => variable([-7, 2]);

plot(
  {
    SGD: path((p) => new SGD(p, { lr: 0.95 })),
    Momentum: path((p) => new Momentum(p, { lr: 0.1 })),
    AdaGrad: path((p) => new AdaGrad(p, { lr: 1.5 })),
    Adam: path((p) => new Adam(p, { lr: 0.3 })),
  },
  { title: "f by optimizer", x: "step", y: "f" },
);
