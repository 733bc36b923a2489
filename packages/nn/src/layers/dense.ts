import { checkNoMore, checkOptions, sizeOf, type Tensor } from "@chainrule/core";
import { Layer } from "./layer.js";
import { type Bias, type BiasOption, checkSize, PARAMETER, type ParameterOptions, parametersBy } from "./parameter.js";

export interface AffineOptions<B extends boolean = boolean> extends ParameterOptions, BiasOption<B> {}

type DenseParameters<I extends number, O extends number, B extends boolean> = B extends true
  ? { readonly W: Tensor<[I, O]>; readonly b: Tensor<[O]> }
  : { readonly W: Tensor<[I, O]> };

/** What `Affine` and `Linear` have in common: W [I, O] and b [O]. */
export abstract class Dense<I extends number, O extends number, B extends boolean> extends Layer {
  readonly W: Tensor<[I, O]>;
  /** `undefined` for a layer without a bias. */
  readonly b: Bias<B, O>;

  /** @param example how the layer is made */
  protected constructor(
    op: string,
    example: string,
    [inputs, outputs]: readonly [I, O],
    options: AffineOptions<B>,
    none: readonly unknown[],
  ) {
    super();
    checkNoMore(op, none);
    checkOptions(op, options, [...PARAMETER, "bias"], ["bias"]);
    checkSize(op, "inputs", inputs, example);
    checkSize(op, "outputs", outputs, example);
    const make = parametersBy(op, options);
    this.W = make.weight("W", [inputs, outputs] as [I, O]);
    this.b = (options.bias === false ? undefined : make.bias("b", [outputs] as [O])) as Bias<B, O>;
  }

  get inputs(): I {
    return this.W.shape[0];
  }

  get outputs(): O {
    return this.W.shape[1];
  }

  override parameters(...none: []): DenseParameters<I, O, B> {
    return super.parameters(...none) as DenseParameters<I, O, B>;
  }
}

interface Weights {
  readonly W: Tensor;
  readonly b: Tensor | undefined;
}

/** x W + b for rows, [N, I]. */
export function denseOf(rows: Tensor, { W, b }: Weights): Tensor {
  const product = rows.matmul(W);
  return b === undefined ? product : product.add(b);
}

/** x W + b along the last axis: one product of matrices, whatever the batch is. */
export function alongLast(x: Tensor, weights: Weights): Tensor {
  const batch = x.shape.slice(0, -1);
  const [inputs, outputs] = weights.W.shape as readonly [number, number];
  return denseOf(x.reshape([sizeOf(batch), inputs]), weights).reshape([...batch, outputs]);
}
