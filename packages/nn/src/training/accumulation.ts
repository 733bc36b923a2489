import { GraphError, noGrad, type Tensor, tensor, zeros } from "@chainrule/core";
import type { NamedTensors } from "../layers/layer.js";
import { restore } from "../saved-state.js";

/** The sums of the gradients and losses of the batches that one step is made of, in tensors that programs assign to. */
export class Accumulation {
  private readonly count: number;
  private readonly sums: readonly (readonly [name: string, parameter: Tensor, sum: Tensor])[];
  private readonly total: Tensor = tensor(0);

  constructor(parameters: NamedTensors, count: number) {
    this.count = count;
    this.sums = Object.entries(parameters).map(([name, parameter]) => {
      const { shape, dtype } = parameter;
      return [name, parameter, zeros(shape, { dtype })];
    });
  }

  /** Adds the gradients of a batch, `.grad`, up. */
  add(loss: Tensor): void {
    for (const [target, values] of this.sumsWith(loss)) target.assign(values);
  }

  /** Gives the parameters the mean gradients with those of the last batch, and the sum of all losses back. */
  take(loss: Tensor): Tensor {
    const [[, total], ...sums] = this.sumsWith(loss);
    this.sums.forEach(([, parameter], i) => {
      const sum = sums[i]?.[1];
      if (sum !== undefined) parameter.grad = noGrad(() => sum.mul(1 / this.count)) as Tensor;
    });
    return total;
  }

  /** Begins with the next batches. */
  clear(): void {
    this.total.assign(0);
    for (const [, , sum] of this.sums) sum.assign(sum.constant(0).broadcastTo(sum.shape));
  }

  /** The sums so far, by name of the parameter, and that of the losses. */
  state(): NamedTensors {
    const sums = this.sums.map(([name, , sum]) => [`sum.${name}`, sum.detach()]);
    return { total: this.total.detach() as Tensor, ...Object.fromEntries(sums) };
  }

  /** Goes on from saved sums; what is no such state is refused, and changes nothing. */
  loadState(saved: NamedTensors): void {
    const sums = this.sums.map(([name, , sum]) => [`sum.${name}`, sum]);
    restore("trainStep", "it", { total: this.total, ...Object.fromEntries(sums) }, saved);
  }

  private sumsWith(loss: Tensor): [[Tensor, Tensor], ...[Tensor, Tensor][]] {
    return noGrad(() => [
      [this.total, this.total.add(loss.detach().cast("float64")) as Tensor],
      ...this.sums.map(([name, parameter, sum]): [Tensor, Tensor] => {
        if (parameter.grad === null) {
          throw new GraphError(
            `trainStep: parameter ${name} has no gradient: the loss of a batch does not depend on it; leave it out of the optimizer`,
          );
        }
        return [sum, sum.add(parameter.grad) as Tensor];
      }),
    ]);
  }
}
