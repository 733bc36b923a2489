import { checkFunction, checkName } from "../checks.js";
import { GraphError } from "../errors.js";
import { operand, type Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { kept } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { FunctionNode, type TensorFunction } from "./function-node.js";
import type { Given } from "./structure.js";

/** The gradient of one input, out of that of the output, the inputs and the output; `null` where it is zero. */
type InputGradient<Inputs extends readonly Tensor[]> =
  | ((dout: Tensor, ...inputsAndOutput: readonly [...Inputs, output: Tensor]) => Tensor | null)
  | null;

export interface CustomGradientOptions {
  /** The name of the node in errors and pictures; by default that of the function. */
  readonly name?: string;
}

/**
 * The function `f` with a gradient of one's own: for each input, `backward[i]` computes it with ops, in the shape of that
 * input (or of the output, if the input was broadcast to it). In the graph it is one node. Its derivatives of higher order
 * are those of `backward`, which may use the inputs, the output, and what it closes over; `f` itself is never differentiated, and what
 * it closes over is a constant to it.
 *
 * @throws GraphError when the function is called with another number of inputs than there are gradients
 *
 * @example
 * const reversed = customGradient((x: Tensor) => x, [(dout) => dout.neg()]);
 * reversed(tensor(3)).item(); // 3
 * grad((x: Tensor) => reversed(x).square())(3).item(); // -6
 */
export function customGradient<Inputs extends readonly Tensor[] = [Tensor, ...Tensor[]], S extends Shape = Shape>(
  f: (...inputs: Inputs) => Tensor<S>,
  backward: { readonly [I in keyof Inputs]: InputGradient<Inputs> },
  options: CustomGradientOptions = {},
  ...none: []
): (...inputs: { [I in keyof Inputs]: Given<Inputs[I]> }) => Tensor<S> {
  checkFunction("customGradient", f);
  checkNoMore("customGradient", none);
  checkOptions("customGradient", options, ["name"]);
  checkName("customGradient", options.name);
  checkGradients("customGradient", backward);
  const name = options.name ?? (f.name === "" ? "CustomGradient" : f.name);
  const gradients = kept(backward) as readonly InputGradient<readonly Tensor[]>[];
  return (...inputs) => {
    if (inputs.length !== gradients.length) {
      throw new GraphError(
        `${name}: ${inputs.length} inputs, and gradients for ${gradients.length}; give one gradient, or null, for each input`,
      );
    }
    const tensors = (inputs as readonly (Tensor | number)[]).map((input) => operand(name, input));
    return new CustomGradient(name, f as unknown as TensorFunction, gradients).apply(...tensors) as Tensor<S>;
  };
}

/** Refuses what is no list of gradients, each a function or `null`. */
export function checkGradients(op: string, backward: unknown): void {
  if (Array.isArray(backward) && backward.every((one) => one === null || typeof one === "function")) return;
  throw new GraphError(`${op}: backward is a list with a function, or null, for each input, got ${show(backward)}`);
}

class CustomGradient extends FunctionNode {
  override readonly name: string;
  private readonly gradients: readonly InputGradient<readonly Tensor[]>[];

  constructor(name: string, f: TensorFunction, gradients: readonly InputGradient<readonly Tensor[]>[]) {
    super(f);
    this.name = name;
    this.gradients = gradients;
  }

  override get digest(): string {
    return this.gradients.map(String).join();
  }

  override localBackward(dout: Tensor, i: number, output: Tensor): Tensor | null {
    return this.gradients[i]?.(dout, ...this.inputs, output) ?? null;
  }
}
