import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  eagerly,
  formatShape,
  GraphError,
  noGrad,
  ShapeError,
  show,
  showNames,
  type Tensor,
} from "@chainrule/core";
import { checkSetting, checkTensor, checkTensors, isRecord } from "../checks.js";
import type { NamedTensors } from "../layers/layer.js";
import { checkAlike, detached, restore } from "../saved-state.js";
import {
  checkRate,
  groupsOf,
  type OptimizedParameters,
  type ParameterGroup,
  type SharedRate,
} from "./parameter-groups.js";

export interface OptimizerOptions {
  /** The learning rate, a finite number of at least 0. */
  readonly lr?: number;
}

/** What one step makes of a parameter: its new values, and the new state that belongs to it. */
export interface Update {
  readonly value: Tensor;
  readonly state: NamedTensors;
}

export interface StepOptions {
  /** A bool scalar; where it is false, the step changes nothing. */
  readonly when?: Tensor;
}

/** A tensor that takes new values, and what they are. */
type Assignment = readonly [target: Tensor, values: Tensor];

/**
 * Changes parameters by their gradients. An optimizer is a subclass that says how, in ops: `update`, and, if it remembers
 * anything from step to step, `initialState`. Then a step runs in a compiled function as well. What may be another number for some
 * of the parameters is a setting: its constructor gives these to this class, and groups may have their own (see `AdamW`).
 *
 * @example
 * class HeavyBall extends Optimizer<{ momentum: number }> {
 *   constructor(parameters: OptimizedParameters<{ momentum: number }>, lr: number) {
 *     super("HeavyBall", parameters, lr, { momentum: 0.9 });
 *   }
 *   override initialState({ shape, dtype }: Tensor) {
 *     return { velocity: full(shape, 0, { dtype }) };
 *   }
 *   override update(parameter: Tensor, g: Tensor, before: { velocity: Tensor }, lr: Tensor, { momentum }: { momentum: number }) {
 *     const velocity = before.velocity.mul(momentum).sub(g.mul(lr));
 *     return { value: parameter.add(velocity), state: { velocity } };
 *   }
 * }
 * const w = variable(0);
 * const optimizer = new HeavyBall([{ parameters: { w }, momentum: 0.5 }], 1);
 * w.backward();
 * for (let i = 0; i < 2; i++) optimizer.step();
 * w.item(); // -2.5
 */
export abstract class Optimizer<Settings extends object = object> {
  /** What errors call it. */
  readonly name: string;
  /** The variables that `step` changes, by name. */
  readonly parameters: NamedTensors;
  /** The same in their groups, whose learning rates may be changed between steps, compiled ones included. */
  readonly groups: readonly ParameterGroup<Settings>[];
  private readonly shared: SharedRate;
  /** By name of the parameter; without those that nobody has asked for yet. */
  private readonly states = new Map<string, NamedTensors>();

  /**
   * @param parameters a model, variables by name, or groups of these with their own rate and settings; a variable under several
   * names, or in several groups, is updated once, by the first.
   * @param lr the learning rate of all groups without one of their own
   * @param settings what `update` is given, and what a group may have otherwise
   */
  constructor(
    name: string,
    parameters: OptimizedParameters<Settings>,
    lr: number,
    // Who leaves them out has none of them.
    settings: Settings = {} as Settings,
  ) {
    this.name = name;
    this.shared = { lr: checkRate(name, lr), factor: 1 };
    this.groups = Object.freeze(groupsOf(name, parameters, settings, this.shared));
    this.parameters = Object.freeze(Object.assign({}, ...this.groups.map((group) => group.parameters)) as NamedTensors);
  }

  /**
   * The learning rate of all groups without one of their own; it may be changed between steps, compiled ones included.
   *
   * @throws CompileError when it is used in a function that is being compiled: `update` is given it as a tensor.
   */
  get lr(): number {
    this.first.refuseTraced("read");
    return this.shared.lr;
  }

  set lr(lr: number) {
    checkRate(this.name, lr);
    this.first.refuseTraced("set");
    this.shared.lr = lr;
    for (const group of this.groups) group.settle();
  }

  /**
   * A step takes the learning rates of all groups times this: what a schedule gives, 1 at first. It may be changed between steps,
   * as in `optimizer.lrFactor = schedule(step)`, compiled ones included.
   */
  get lrFactor(): number {
    this.first.refuseTraced("read");
    return this.shared.factor;
  }

  set lrFactor(factor: number) {
    checkSetting(this.name, "lrFactor", factor, (x) => x >= 0 && x < Infinity, "a finite number of at least 0");
    this.first.refuseTraced("set");
    this.shared.factor = factor;
    for (const group of this.groups) group.settle();
  }

  /**
   * The new values and state of a parameter, computed by ops; called without recording of the graph.
   *
   * @param state what `initialState` gave at first; each step gives the same names, shapes and dtypes
   * @param lr the learning rate, a scalar of the dtype of the parameter
   * @param settings those of the parameter's group
   */
  protected abstract update(
    parameter: Tensor,
    gradient: Tensor,
    state: NamedTensors,
    lr: Tensor,
    settings: Readonly<Settings>,
  ): Update;

  /** What is remembered of a parameter before its first step, made once: nothing, unless the optimizer says otherwise. */
  protected initialState(_parameter: Tensor, _settings: Readonly<Settings>): NamedTensors {
    return {};
  }

  /**
   * Gives every parameter new values by its gradient, `.grad`.
   *
   * @throws GraphError when a parameter has no gradient; then nothing has changed, nor has it when an update fails or is
   * not what it has to be.
   */
  step(options: StepOptions = {}, ...none: []): void {
    checkNoMore(`${this.name}.step`, none);
    checkOptions(`${this.name}.step`, options, ["when"]);
    const { when } = options;
    checkWhen(this.name, when);
    const assignments = noGrad(() =>
      this.each((name, parameter, group) =>
        this.assignments(name, parameter, group).map(
          // Not the tensor itself: it may be one that is about to be assigned to.
          ([target, values]): Assignment => [target, when?.where(values, target) ?? values.detach()],
        ),
      ),
    );
    for (const [target, values] of assignments) target.assign(values);
  }

  /** Forgets the gradients of all parameters; without it those of the next `backward` are added to them. */
  zeroGrad(...none: []): void {
    checkNoMore(`${this.name}.zeroGrad`, none);
    for (const parameter of Object.values(this.parameters)) parameter.zeroGrad();
  }

  /** All that the optimizer remembers now, by name (`"0.W.velocity"`), to be saved with the parameters. */
  state(...none: []): NamedTensors {
    checkNoMore(`${this.name}.state`, none);
    return detached(this.slots());
  }

  /**
   * Goes on from a saved `state()`.
   *
   * @throws ShapeError or ChainruleError when it is not the state of this optimizer with these parameters; then nothing
   * has changed.
   */
  loadState(saved: NamedTensors, ...none: []): void {
    checkNoMore(`${this.name}.loadState`, none);
    restore(this.name, "this optimizer", this.slots(), saved);
  }

  /** Any group: they all are read and set, or refused, alike. */
  private get first(): ParameterGroup<Settings> {
    const [first] = this.groups;
    if (first === undefined) throw new ChainruleError(`${this.name}: there are no parameters to update`);
    return first;
  }

  /** What `f` gives for each of the parameters, in one list. */
  private each<R>(f: (name: string, parameter: Tensor, group: ParameterGroup<Settings>) => readonly R[]): R[] {
    return this.groups.flatMap((group) =>
      Object.entries(group.parameters).flatMap(([name, parameter]) => f(name, parameter, group)),
    );
  }

  /** All state, by name. */
  private slots(): NamedTensors {
    return Object.fromEntries(
      this.each((name, parameter, group) =>
        Object.entries(this.stateOf(name, parameter, group)).map(([slot, value]) => [`${name}.${slot}`, value]),
      ),
    );
  }

  /** What a step makes of a parameter and of its state. */
  private assignments(name: string, parameter: Tensor, group: ParameterGroup<Settings>): Assignment[] {
    const { grad, dtype } = parameter;
    if (grad === null) {
      throw new GraphError(
        `${this.name}: parameter ${name} has no gradient: call loss.backward() before step(); if the loss does not depend on ` +
          "it, leave it out of the optimizer",
      );
    }
    const own = this.stateOf(name, parameter, group);
    const rate = group.rate(dtype === "float32" ? "float32" : "float64");
    // Detached: what is to be traced must not be read as the constants that these tensors seem to be.
    const { value, state } = this.checked(name, this.update(parameter, grad, detached(own), rate, group.settings));
    checkAlike(this.name, `the update of parameter ${name}`, value, parameter);
    const unknown = Object.keys(state).filter((slot) => !Object.hasOwn(own, slot));
    if (unknown.length > 0) {
      throw new ChainruleError(
        `${this.name}: the update of parameter ${name} gives the state ${showNames(unknown)}, which initialState does not begin with`,
      );
    }
    const slots = Object.entries(own).map(([slot, target]): Assignment => {
      const next = state[slot];
      if (next === undefined) {
        throw new ChainruleError(`${this.name}: the update of parameter ${name} gives no new state ${slot}`);
      }
      checkAlike(this.name, `the new ${name}.${slot}`, next, target);
      return [target, next];
    });
    return [[parameter, value], ...slots];
  }

  /** What an update, which may be a consumer's, gave. */
  private checked(name: string, update: unknown): Update {
    if (!isRecord(update) || !("value" in update && isRecord(update["state"]))) {
      throw new ChainruleError(
        `${this.name}: the update of parameter ${name} gave ${show(update)}; it must give { value, state }, the new values and the new ` +
          "state by name, {} where there is none",
      );
    }
    const { value, state } = update;
    checkTensor(this.name, `the update of parameter ${name}: value`, value);
    checkTensors(this.name, `the update of parameter ${name}: state`, state);
    return { value, state };
  }

  /** Tensors of the optimizer's own, which stay the same ones: what is compiled updates them in place. */
  private stateOf(name: string, parameter: Tensor, group: ParameterGroup<Settings>): NamedTensors {
    const known = this.states.get(name);
    if (known !== undefined) return known;
    const made = eagerly(() =>
      noGrad(() => {
        const state: unknown = this.initialState(parameter, group.settings);
        checkTensors(this.name, `the initial state of parameter ${name}`, state);
        return detached(state);
      }),
    );
    this.states.set(name, made);
    return made;
  }
}

/** Throws for a condition that is no bool scalar. */
export function checkWhen(op: string, when: Tensor | undefined): void {
  if (when === undefined) return;
  checkTensor(op, "when", when);
  if (when.dtype === "bool" && when.rank === 0) return;
  throw new ShapeError(
    `${op}: when is ${when.dtype} ${formatShape(when.shape)}; give a bool scalar, such as loss.isFinite()`,
  );
}
