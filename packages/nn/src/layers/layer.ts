import { checkNoMore, type Tensor } from "@chainrule/core";

/** Tensors by name, such as the parameters of a model (`"0.W"`), or what a file of tensors holds. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A part of a network: a function of one tensor, with parameters that an optimizer can change. */
export abstract class Layer {
  /** What has settings takes them itself, and gives none on to here. */
  constructor(...none: []) {
    checkNoMore(`new ${new.target.name}`, none);
  }

  /** The output for an input; the layer keeps nothing of either, so that it can be used many times in one graph. */
  abstract forward(x: Tensor): Tensor;

  /** The variables that training changes, by name; none unless the layer says otherwise. */
  parameters(): NamedTensors {
    return {};
  }
}
