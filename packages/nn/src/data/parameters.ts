import { checkNoMore, checkOptions, formatShape, GraphError, sameShape, showNames, type Tensor } from "@chainrule/core";
import { checkTensors } from "../checks.js";
import { Layer, type NamedTensors, tensorsOf } from "../layers/layer.js";
import { DataError } from "./errors.js";

/** The variables of a model, which get their names in it, or of a record of them. */
function parametersOf(op: string, model: Layer | NamedTensors): NamedTensors {
  if (!(model instanceof Layer)) {
    checkTensors(op, "parameters", model);
    return model;
  }
  const parameters = model.parameters();
  checkTensors(op, "parameters", parameters);
  for (const [name, parameter] of Object.entries(parameters)) parameter.name = name;
  return parameters;
}

/** The same, each of which has to be a variable. */
export function variablesOf(op: string, model: Layer | NamedTensors): NamedTensors {
  const parameters = parametersOf(op, model);
  const constant = Object.keys(parameters).find((name) => parameters[name]?.isVariable === false);
  if (constant === undefined) return parameters;
  throw new GraphError(`${op}: parameter ${constant} is no variable; make it with variable(...)`);
}

export interface LoadOptions {
  /**
   * Whether names that only the model or only the saved values have are an error, the default. With false what has a name in both
   * is loaded, as for a body under a new head, and the rest reported. A shape that differs is an error in any case.
   */
  readonly strict?: boolean | undefined;
}

/** What `loadParameters` has done, by name. */
export interface LoadReport {
  readonly loaded: readonly string[];
  /** In the model, but not among the saved values: they are what they were. */
  readonly missing: readonly string[];
  /** Among the saved values, but not in the model. */
  readonly unexpected: readonly string[];
}

/**
 * Gives each parameter and buffer of a model (or each variable of a record) the saved values of its name, such as the model's
 * `state()`, or what a file of tensors holds.
 *
 * @example
 * const model = { body: variable([0, 0]), head: variable([0]) };
 * const { missing } = loadParameters(model, { body: tensor([1, 2]), other: tensor(3) }, { strict: false });
 * missing; // ["head"]
 * model.body.toArray(); // [1, 2]
 *
 * @throws DataError when a name is missing or unexpected (unless `strict` is false), none fits at all, or a shape or dtype
 * differs; then nothing has changed.
 */
export function loadParameters(
  model: Layer | NamedTensors,
  saved: NamedTensors,
  options: LoadOptions = {},
  ...none: []
): LoadReport {
  const op = "loadParameters";
  checkNoMore(op, none);
  checkOptions(op, options, ["strict"], ["strict"]);
  const { strict = true } = options;
  const own = model instanceof Layer ? tensorsOf(model) : model;
  checkTensors(op, "parameters", own);
  checkTensors(op, "saved values", saved);
  const names = Object.keys(own);
  const loaded = names.filter((name) => Object.hasOwn(saved, name));
  const missing = names.filter((name) => !Object.hasOwn(saved, name));
  const unexpected = Object.keys(saved).filter((name) => !Object.hasOwn(own, name));
  const differ = missing.length > 0 || unexpected.length > 0;
  if (differ && (strict || loaded.length === 0)) {
    const parts = [list("missing", missing), list("not in the model", unexpected)].filter((part) => part !== "");
    const repair = strict
      ? "load into a model of the same layers, or a part of it with { strict: false }"
      : "no name is in both; rename the saved values";
    throw new DataError(`${op}: the names differ: ${parts.join(", ")}; ${repair}`);
  }
  const pairs = loaded.map((name) => [name, own[name] as Tensor, saved[name] as Tensor] as const);
  for (const [name, target, values] of pairs) {
    if (!sameShape(values.shape, target.shape) || values.dtype !== target.dtype) {
      throw new DataError(
        `${op}: ${name} is ${target.dtype} ${formatShape(target.shape)} in the model, but ${values.dtype} ` +
          `${formatShape(values.shape)} was given; load into a model of the same sizes and dtype, or leave it out of the ` +
          "saved values with { strict: false }",
      );
    }
  }
  for (const [, target, values] of pairs) target.assign(values);
  return { loaded, missing, unexpected };
}

function list(what: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${what}: ${showNames(names)}`;
}
