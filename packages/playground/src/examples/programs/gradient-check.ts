import { customOp, gradcheck, numericalGradient, Random, type Tensor, tensor, variable } from "@chainrule/core";
import { Affine, ReLU, Sequential, softmaxWithLoss } from "@chainrule/nn";

const random = new Random(1);
const network = new Sequential([new Affine(4, 5, { random }), new ReLU(), new Affine(5, 3, { random })]);
const x = random.normal([6, 4]);
const labels = tensor([0, 1, 2, 0, 1, 2], { dtype: "int32" });

const loss = () => softmaxWithLoss(network.forward(x), labels);
loss().backward();

// Backpropagation against numerical gradients, parameter by parameter.
for (const [name, parameter] of Object.entries(network.parameters())) {
  const difference = parameter.grad?.sub(numericalGradient(loss, parameter)).abs().mean().item();
  console.log(name, difference?.toExponential(1));
}

// An op whose backward is wrong: twice what it should be.
const wrong: (x: Tensor) => Tensor = customOp("Wrong", {
  arity: 1,
  shape: (shape) => shape,
  forward: (out, x) => out.set(Float64Array.from(x.data, (value) => value ** 2)),
  backward: [(dout, x) => dout.mul(x).mul(4)],
});
console.log(gradcheck(wrong, [variable([1, 2, 3])]));
