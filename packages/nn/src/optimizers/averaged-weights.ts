import { checkNoMore, checkOptions, eagerly, GraphError, noGrad, show, type Tensor, tensor } from "@chainrule/core";
import { checkSetting } from "../checks.js";
import { variablesOf } from "../data/parameters.js";
import type { Layer, NamedTensors } from "../layers/layer.js";
import { detached, restore } from "../saved-state.js";
import { checkWhen, type StepOptions } from "./optimizer.js";

export interface AveragedWeightsOptions {
  /**
   * Which part of the average is kept at each update, at least 0 and below 1, as in 0.999: an exponential moving average. Without it
   * all updates count alike.
   */
  readonly decay?: number | undefined;
}

/**
 * Averages of a model's parameters over its training, with which it often does better than with the last ones:
 *
 * - without options the mean of all updates, a <- a + (W - a) / (n + 1) after n of them: P. Izmailov et al., "Averaging weights leads
 *   to wider optima and better generalization" (2018), stochastic weight averaging, where an update follows each epoch or so of the
 *   end of the training;
 * - with `decay` the exponential moving average a <- decay a + (1 - decay) W, where an update follows each step.
 *
 * The first update takes the parameters as they are. PyTorch has the same as `torch.optim.swa_utils.AveragedModel`. Buffers, such as
 * the running statistics of batch normalisation, are not averaged.
 *
 * @example
 * const w = variable(0);
 * const average = new AveragedWeights({ w }, { decay: 0.75 });
 * w.assign(4);
 * average.update();
 * w.assign(8);
 * average.update();
 * average.parameters.w.item(); // 5
 * average.within(() => w.item()); // 5
 * w.item(); // 8
 */
export class AveragedWeights {
  /**
   * The averages, by the names of the parameters: to be saved, or given to `loadParameters`. Before an
   * update what they were at first.
   */
  readonly parameters: NamedTensors;
  private readonly own: NamedTensors;
  private readonly decay: number | undefined;
  /** How many updates there have been. */
  private readonly count: Tensor = tensor(0);
  private isWithin = false;

  /** @param model a model, or variables by name */
  constructor(model: Layer | NamedTensors, options: AveragedWeightsOptions = {}, ...none: []) {
    checkNoMore("AveragedWeights", none);
    checkOptions("AveragedWeights", options, ["decay"]);
    const { decay } = options;
    if (decay !== undefined) {
      checkSetting("AveragedWeights", "decay", decay, (x) => x >= 0 && x < 1, "a number of at least 0 and below 1");
    }
    this.decay = decay;
    this.own = Object.freeze({ ...variablesOf("AveragedWeights", model) });
    this.parameters = Object.freeze(eagerly(() => detached(this.own)));
  }

  /** Takes the parameters, as they are now, into the averages; also in a compiled function (see `trainStep`, `average`). */
  update(options: StepOptions = {}, ...none: []): void {
    checkNoMore("AveragedWeights.update", none);
    checkOptions("AveragedWeights.update", options, ["when"]);
    const { when } = options;
    checkWhen("AveragedWeights", when);
    this.refuseWithin("update");
    const { count, decay } = this;
    const assignments = noGrad(() => {
      const [before, after] = [count.detach(), count.add(1)];
      const rate = decay === undefined ? after.reciprocal() : after.constant(1 - decay);
      const isFirst = before.equal(0);
      const averaged = Object.entries(this.parameters).map(([name, average]): [Tensor, Tensor] => {
        const parameter = this.own[name] ?? average;
        const moved = average.add(parameter.sub(average).mul(rate.cast(parameter.dtype)));
        return [average, isFirst.where(parameter, moved) as Tensor];
      });
      const all: [Tensor, Tensor][] = [...averaged, [count, after as Tensor]];
      return all.map(([target, values]) => [target, when?.where(values, target) ?? values] as const);
    });
    for (const [target, values] of assignments) target.assign(values);
  }

  /**
   * What `f` gives while the model has the averages for its parameters, such as its accuracy; afterwards, and when `f` throws, it has
   * its own again. Where `f` gives a promise that is when it is settled, and the model must not be trained before.
   */
  within<R>(f: () => R, ...none: []): R {
    checkNoMore("AveragedWeights.within", none);
    if (typeof f !== "function") throw new GraphError(`AveragedWeights.within: takes a function, got ${show(f)}`);
    this.refuseWithin("within");
    const before = detached(this.own);
    const give = (values: NamedTensors) => {
      for (const [name, parameter] of Object.entries(this.own)) parameter.assign(values[name] ?? parameter);
    };
    const putBack = () => {
      give(before);
      this.isWithin = false;
    };
    this.isWithin = true;
    let later = false;
    try {
      give(this.parameters);
      const result = f();
      later = result instanceof Promise;
      return result instanceof Promise ? (result.finally(putBack) as R) : result;
    } finally {
      if (!later) putBack();
    }
  }

  /** The averages (`"0.W.average"`) and the number of updates (`"count"`), to be saved. */
  state(...none: []): NamedTensors {
    checkNoMore("AveragedWeights.state", none);
    return detached(this.slots());
  }

  /**
   * Goes on from a saved `state()`.
   *
   * @throws ShapeError or ChainruleError when it is not the state of these parameters; then nothing has changed.
   */
  loadState(saved: NamedTensors, ...none: []): void {
    checkNoMore("AveragedWeights.loadState", none);
    restore("AveragedWeights", "this average", this.slots(), saved);
  }

  private refuseWithin(method: string): void {
    if (!this.isWithin) return;
    throw new GraphError(
      `AveragedWeights.${method}: the model has the averages for its parameters until the function that was given to within is done`,
    );
  }

  private slots(): NamedTensors {
    const averages = Object.entries(this.parameters).map(([name, average]) => [`${name}.average`, average] as const);
    return { ...Object.fromEntries(averages), count: this.count };
  }
}
