import { checkNoMore, elu, type Shape, type Tensor } from "@chainrule/core";
import { checkFloat } from "../checks.js";

const alpha = 1.6732632423543772;
const scale = 1.0507009873554805;

/**
 * scale x above 0 and scale alpha (e^x - 1) below, with alpha = 1.6733 and scale = 1.0507 chosen so that mean 0 and variance 1
 * reproduce themselves from layer to layer. G. Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017. The derivative
 * at 0 is scale alpha (PyTorch's convention).
 *
 * @param x any shape. float64, float32
 *
 * @example
 * selu(tensor([-1, 1])).toArray(); // about [-1.11133, 1.0507]
 */
export function selu<S extends Shape>(x: Tensor<S>, ...none: []): Tensor<S> {
  checkNoMore("selu", none);
  checkFloat("selu", "x", x);
  return elu(x as Tensor, alpha).mul(scale) as Tensor<S>;
}

/**
 * x tanh(softplus(x)). D. Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
 *
 * @param x any shape, finite. float64, float32
 *
 * @example
 * mish(tensor([-1, 1])).toArray(); // about [-0.303401, 0.865098]
 */
export function mish<S extends Shape>(x: Tensor<S>, ...none: []): Tensor<S> {
  checkNoMore("mish", none);
  checkFloat("mish", "x", x);
  const values: Tensor = x;
  return values.mul(values.softplus().tanh()) as Tensor<S>;
}
