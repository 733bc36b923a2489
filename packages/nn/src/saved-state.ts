import { ChainruleError, formatShape, ShapeError, sameShape, showNames, type Tensor } from "@chainrule/core";
import { checkTensors } from "./checks.js";
import type { NamedTensors } from "./layers/layer.js";

/** Throws unless a tensor has the shape and the dtype of another one. */
export function checkAlike(op: string, what: string, value: Tensor, like: Tensor): void {
  if (sameShape(value.shape, like.shape) && value.dtype === like.dtype) return;
  throw new ShapeError(
    `${op}: ${what} is ${value.dtype} ${formatShape(value.shape)}, expected ${like.dtype} ${formatShape(like.shape)}`,
  );
}

/** Gives tensors the saved values of their names; where these are not just theirs it throws, and nothing has changed. */
export function restore(op: string, what: string, own: NamedTensors, saved: NamedTensors): void {
  checkTensors(op, "the saved state", saved);
  const pairs = Object.entries(own).map(([name, target]) => {
    const value = Object.hasOwn(saved, name) ? saved[name] : undefined;
    if (value === undefined) throw new ChainruleError(`${op}: the saved state has no ${name}`);
    checkAlike(op, `the saved ${name}`, value, target);
    return [target, value] as const;
  });
  const unknown = Object.keys(saved).filter((name) => !Object.hasOwn(own, name));
  if (unknown.length > 0) {
    throw new ChainruleError(`${op}: the saved state has ${showNames(unknown)}, which ${what} does not know`);
  }
  for (const [target, value] of pairs) target.assign(value);
}

/** The same tensors by name, as constants of the values that they have now. */
export function detached(tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.detach()]));
}

/** The same tensors, each by a name that begins with that of what they belong to: "0" and "W" make "0.W". */
export function under(owner: string, tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${owner}.${name}`, tensor]));
}
