import { checkNoMore, formatShape, sameShape, showNames, type Tensor } from "@chainrule/core";
import { checkTensors } from "../checks.js";
import { Layer, type NamedTensors } from "../layers/layer.js";
import { DataError } from "./errors.js";

/** The variables of a model, or of a record of them. */
export function parametersOf(op: string, model: Layer | NamedTensors): NamedTensors {
  const parameters = model instanceof Layer ? model.parameters() : model;
  checkTensors(op, "parameters", parameters);
  return parameters;
}

/**
 * Gives each parameter of a model (or each variable of a record) the saved values of its name.
 *
 * @throws DataError when a name is missing or unknown, or a shape or dtype differs; then nothing has changed.
 */
export function loadParameters(model: Layer | NamedTensors, saved: NamedTensors, ...none: []): void {
  checkNoMore("loadParameters", none);
  const parameters = parametersOf("loadParameters", model);
  checkTensors("loadParameters", "saved values", saved);
  const unknown = Object.keys(saved).filter((name) => !Object.hasOwn(parameters, name));
  const missing = Object.keys(parameters).filter((name) => !Object.hasOwn(saved, name));
  if (unknown.length > 0 || missing.length > 0) {
    throw new DataError(
      `loadParameters: the names differ: ${list("missing", missing)}${missing.length > 0 && unknown.length > 0 ? ", " : ""}` +
        `${list("not in the model", unknown)}; load into a model of the same layers`,
    );
  }
  const pairs = Object.entries(parameters).map(
    ([name, parameter]) => [name, parameter, saved[name] as Tensor] as const,
  );
  for (const [name, parameter, values] of pairs) {
    if (!sameShape(values.shape, parameter.shape) || values.dtype !== parameter.dtype) {
      throw new DataError(
        `loadParameters: ${name} is ${parameter.dtype} ${formatShape(parameter.shape)} in the model, but ${values.dtype} ` +
          `${formatShape(values.shape)} was given; load into a model of the same sizes and dtype`,
      );
    }
  }
  for (const [, parameter, values] of pairs) parameter.assign(values);
}

function list(what: string, names: readonly string[]): string {
  return names.length === 0 ? "" : `${what}: ${showNames(names)}`;
}
