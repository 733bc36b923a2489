import { ChainruleError, CompileError, checkOptions, show, showNames, type Tensor, tensor } from "@chainrule/core";
import { isRecord, isTraced } from "../checks.js";
import { variablesOf } from "../data/parameters.js";
import { Layer, type NamedTensors } from "../layers/layer.js";

/** Parameters with a learning rate or settings of their own; what a group does not give is that of the optimizer. */
export type ParameterGroupOptions<Settings extends object = object> = Partial<Settings> & {
  /** A model, or variables by name. */
  readonly parameters: Layer | NamedTensors;
  /** Which of them belong to the group; all, unless said otherwise. */
  readonly where?: ((name: string, parameter: Tensor) => boolean) | undefined;
  /** The learning rate, a finite number of at least 0. */
  readonly lr?: number | undefined;
};

/**
 * What an optimizer changes: a model, variables by name, or groups of them. A variable that is in several groups, or stands
 * there under several names, belongs to the first.
 */
export type OptimizedParameters<Settings extends object = object> =
  | Layer
  | NamedTensors
  | readonly ParameterGroupOptions<Settings>[];

/** What the groups of an optimizer have in common: the rate of those without one of their own, and a factor for all. */
export interface SharedRate {
  lr: number;
  factor: number;
}

/** Some parameters of an optimizer, all with the same learning rate and settings. */
export class ParameterGroup<Settings extends object = object> {
  readonly parameters: NamedTensors;
  /** The numbers of the update, such as `weightDecay`; fixed. */
  readonly settings: Readonly<Settings>;
  private readonly optimizer: string;
  private readonly shared: SharedRate;
  private own: number | undefined;
  /** The rate times the factor, as tensors, which a compiled step reads at each call. */
  private readonly rates: { readonly float64: Tensor; readonly float32: Tensor };

  constructor(
    optimizer: string,
    parameters: NamedTensors,
    settings: Settings,
    shared: SharedRate,
    own: number | undefined,
  ) {
    this.optimizer = optimizer;
    this.parameters = Object.freeze(parameters);
    this.settings = Object.freeze(settings);
    this.shared = shared;
    this.own = own;
    const rate = own ?? shared.lr;
    this.rates = { float64: tensor(rate), float32: tensor(rate, { dtype: "float32" }) };
  }

  /** The learning rate of the group, without `lrFactor`; once it is set it is the group's own. */
  get lr(): number {
    this.refuseTraced("read");
    return this.own ?? this.shared.lr;
  }

  set lr(lr: number) {
    checkRate(this.optimizer, lr);
    this.refuseTraced("set");
    this.own = lr;
    this.settle();
  }

  /** The rate that a step takes, as a tensor of a dtype. */
  rate(dtype: "float64" | "float32"): Tensor {
    // Detached: what is to be traced must not be read as the constant that this tensor seems to be.
    return this.rates[dtype].detach();
  }

  /** Takes over what has changed for all groups. */
  settle(): void {
    const { lr, factor } = this.shared;
    for (const rate of Object.values(this.rates)) rate.assign((this.own ?? lr) * factor);
  }

  /** Throws in a function that is being compiled, where a number would stay what it is now. */
  refuseTraced(use: "read" | "set"): void {
    if (!isTraced(this.rates.float64)) return;
    const instead =
      use === "set"
        ? "set it between the calls"
        : "use the argument lr of update, which is the learning rate as a tensor";
    throw new CompileError(
      `${this.optimizer}: lr is ${use} as a number in a function that is being compiled, where it would stay what it is now; ${instead}`,
    );
  }
}

/** The groups that a list of them describes; one of all where there is no list. */
export function groupsOf<Settings extends object>(
  optimizer: string,
  given: OptimizedParameters<Settings>,
  settings: Settings,
  shared: SharedRate,
): ParameterGroup<Settings>[] {
  const isList = (given: OptimizedParameters<Settings>): given is readonly ParameterGroupOptions<Settings>[] =>
    Array.isArray(given) && given.every((group) => isRecord(group) && !(group instanceof Layer));
  const list = isList(given) ? given : [{ parameters: given } as ParameterGroupOptions<Settings>];
  const seen = new Set<Tensor>();
  const names = new Set<string>();
  const groups = list.map((options, i) => {
    const group = list.length > 1 ? `${optimizer}, group ${i}` : optimizer;
    const known = ["parameters", "where", "lr", ...Object.keys(settings)];
    checkOptions(group, options, known);
    const { parameters, where, lr, ...rest } = options;
    if (lr !== undefined) checkRate(group, lr);
    if (where !== undefined && typeof where !== "function") {
      throw new ChainruleError(
        `${group}: where is a function of the name and the parameter, as in (name) => name.endsWith("b"), got ${show(where)}`,
      );
    }
    const own = Object.entries(variablesOf(group, parameters)).filter(([name, parameter]) => {
      if (seen.has(parameter) || (where !== undefined && !where(name, parameter))) return false;
      seen.add(parameter);
      return true;
    });
    const double = own.filter(([name]) => names.has(name)).map(([name]) => name);
    if (double.length > 0) {
      throw new ChainruleError(
        `${group}: an earlier group has other parameters of the names ${showNames(double)}; give the whole model to both, and to ` +
          "the first a function where, which says what belongs to it",
      );
    }
    for (const [name] of own) names.add(name);
    const given = Object.entries(rest).filter(([, value]) => value !== undefined);
    return new ParameterGroup(
      group,
      Object.fromEntries(own),
      { ...settings, ...(Object.fromEntries(given) as Partial<Settings>) },
      shared,
      lr,
    );
  });
  if (seen.size === 0) throw new ChainruleError(`${optimizer}: there are no parameters to update`);
  return groups;
}

export function checkRate(name: string, lr: number): number {
  if (!(typeof lr === "number" && lr >= 0 && lr < Infinity)) {
    throw new ChainruleError(`${name}: the learning rate lr is ${show(lr)}; it must be a finite number, 0 or more`);
  }
  return lr;
}
