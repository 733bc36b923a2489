import { ChainruleError, formatShape, GraphError, noGrad, ShapeError, sameShape, type Tensor } from "@chainrule/core";
import { Layer, type NamedTensors } from "../layers/layer.js";

export interface OptimizerOptions {
  /** The learning rate, a finite number of at least 0. */
  readonly lr?: number;
}

/** What one step makes of a parameter: its new values, and the new state that belongs to it. */
export interface Update {
  readonly value: Tensor;
  readonly state: NamedTensors;
}

/**
 * Changes parameters by their gradients. An optimizer is a subclass that says how: `update`, and, if it remembers
 * anything from step to step, `initialState`.
 */
export abstract class Optimizer {
  /** What errors call it. */
  readonly name: string;
  /** The variables that `step` changes, by name. */
  readonly parameters: NamedTensors;
  private rate: number;
  /** By name of the parameter; without those that have not been updated yet. */
  private readonly states = new Map<string, NamedTensors>();

  /**
   * @param parameters a model, or variables by name; a variable under several names is updated once, under the first.
   */
  constructor(name: string, parameters: Layer | NamedTensors, lr: number) {
    this.name = name;
    const all = parameters instanceof Layer ? parameters.parameters() : parameters;
    const seen = new Set<Tensor>();
    this.parameters = Object.fromEntries(
      Object.entries(all).filter(([parameterName, parameter]) => {
        if (!parameter.isVariable) {
          throw new GraphError(`${name}: parameter ${parameterName} is no variable; make it with variable(...)`);
        }
        return seen.size < seen.add(parameter).size;
      }),
    );
    if (seen.size === 0) throw new ChainruleError(`${name}: there are no parameters to update`);
    this.rate = checkRate(name, lr);
  }

  /** The learning rate; it may be changed between steps. */
  get lr(): number {
    return this.rate;
  }

  set lr(lr: number) {
    this.rate = checkRate(this.name, lr);
  }

  /** The new values and state of a parameter; called without recording of the graph. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: NamedTensors): Update;

  /** What is remembered of a parameter before its first step: nothing, unless the optimizer says otherwise. */
  protected initialState(_parameter: Tensor): NamedTensors {
    return {};
  }

  /**
   * Gives every parameter new values by its gradient, `.grad`.
   *
   * @throws GraphError when a parameter has no gradient; then none of them has changed.
   */
  step(): void {
    const updates = noGrad(() =>
      Object.entries(this.parameters).map(([name, parameter]) => {
        const { grad } = parameter;
        if (grad === null) {
          throw new GraphError(
            `${this.name}: parameter ${name} has no gradient: call loss.backward() before step(); if the loss does not depend on ` +
              "it, leave it out of the optimizer",
          );
        }
        const update = this.update(parameter, grad, this.stateOf(name, parameter));
        this.checkAlike(`the update of parameter ${name}`, update.value, parameter);
        return [name, parameter, update] as const;
      }),
    );
    for (const [name, parameter, { value, state }] of updates) {
      parameter.assign(value);
      this.states.set(name, state);
    }
  }

  /** Forgets the gradients of all parameters; without it those of the next `backward` are added to them. */
  zeroGrad(): void {
    for (const parameter of Object.values(this.parameters)) parameter.zeroGrad();
  }

  /** All that the optimizer remembers, by name (`"0.W.velocity"`), to be saved with the parameters. */
  state(): NamedTensors {
    return Object.fromEntries(
      Object.entries(this.parameters).flatMap(([name, parameter]) =>
        Object.entries(this.stateOf(name, parameter)).map(([slot, value]) => [`${name}.${slot}`, value]),
      ),
    );
  }

  /**
   * Goes on from a saved `state()`.
   *
   * @throws ShapeError or ChainruleError when it is not the state of this optimizer with these parameters; then nothing
   * has changed.
   */
  loadState(saved: NamedTensors): void {
    const left = new Set(Object.keys(saved));
    const loaded = Object.entries(this.parameters).map(([name, parameter]) => {
      const slots = Object.entries(this.initialState(parameter)).map(([slot, initial]) => {
        const key = `${name}.${slot}`;
        const value = Object.hasOwn(saved, key) ? saved[key] : undefined;
        if (value === undefined) throw new ChainruleError(`${this.name}: the saved state has no ${key}`);
        this.checkAlike(`the saved ${key}`, value, initial);
        left.delete(key);
        return [slot, value] as const;
      });
      return [name, Object.fromEntries(slots)] as const;
    });
    if (left.size > 0) {
      throw new ChainruleError(
        `${this.name}: the saved state has ${[...left].join(", ")}, which this optimizer does not know`,
      );
    }
    for (const [name, state] of loaded) this.states.set(name, state);
  }

  private checkAlike(what: string, value: Tensor, like: Tensor): void {
    if (sameShape(value.shape, like.shape) && value.dtype === like.dtype) return;
    throw new ShapeError(
      `${this.name}: ${what} is ${value.dtype} ${formatShape(value.shape)}, expected ${like.dtype} ${formatShape(like.shape)}`,
    );
  }

  private stateOf(name: string, parameter: Tensor): NamedTensors {
    return this.states.get(name) ?? this.initialState(parameter);
  }
}

function checkRate(name: string, lr: number): number {
  if (!(lr >= 0 && lr < Infinity)) {
    throw new ChainruleError(`${name}: the learning rate lr is ${lr}; it must be a finite number, 0 or more`);
  }
  return lr;
}
