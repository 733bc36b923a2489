import { type DType, isFloat, type Values } from "../dtype.js";
import { Node } from "../graph/node.js";
import { withReads } from "../graph/reads.js";
import { isRecording, withRecording } from "../graph/recording.js";
import { currentFrame } from "../graph/steps.js";
import type { Tensor } from "../graph/tensor.js";
import { tracer, valuesOf } from "../graph/tracer.js";
import { watcher } from "../graph/watch.js";
import type { Shape } from "../shape/types.js";
import { checkResult } from "./arguments.js";

export type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** A function of ops as one node: shape, dtype and values come out of one call of it, which leaves no graph. */
export abstract class FunctionNode extends Node {
  protected readonly f: TensorFunction;
  /** What it computed, where it knows: see `digestOf`, for which it is a part of what a node does. */
  get digest(): string {
    return "";
  }

  /** Whether its gradient is that of the ops in the function, as they stand in a trace. */
  get isTransparent(): boolean {
    return false;
  }

  constructor(f: TensorFunction) {
    super();
    this.f = f;
  }

  override apply(...inputs: Tensor[]): Tensor {
    return this.record(this.evaluate(...inputs), inputs);
  }

  /** A tensor like `result`, as what this node made out of the inputs. */
  record(result: Tensor, inputs: readonly Tensor[]): Tensor {
    const { shape, dtype } = result;
    const [first, second, ...others] = inputs;
    const record = isRecording() && isFloat(dtype) && inputs.some((input) => input.requiresGrad);
    if (record) this.connect(first as Tensor, second ?? null, others.length === 0 ? null : others);
    const values = record ? tracer()?.madeBy(this, result, inputs) : undefined;
    const output = (first as Tensor).derive(shape, dtype, values ?? valuesOf(result), record ? this : null);
    if (record) this.frame = currentFrame();
    watcher()?.applied(this, output, inputs);
    return output;
  }

  protected evaluate(...inputs: Tensor[]): Tensor {
    const result: unknown = withReads(null, () => withRecording(false, () => this.f(...inputs)));
    checkResult(this.name, result);
    return result;
  }

  override get closesOver(): boolean {
    return true;
  }

  override shapeRule(...inputs: Tensor[]): Shape {
    return this.evaluate(...inputs).shape;
  }

  override dtypeRule(...inputs: Tensor[]): DType {
    return this.evaluate(...inputs).dtype;
  }

  override localForward(_shape: Shape, _dtype: DType, ...inputs: Tensor[]): Values {
    return valuesOf(this.evaluate(...inputs));
  }
}
