import { GraphError } from "../errors.js";
import { formatShape, sameShape } from "../shape/shape.js";
import { show } from "../show.js";
import { tensors } from "./node.js";
import { ofItsOwn, takenIn } from "./tape.js";
import type { GradientHook, Tensor } from "./tensor.js";
import { watcher } from "./watch.js";

/** The edges whose hooks are running. */
const hooked = new Set<Tensor>();

/** The gradient of an edge, complete as it is, after the hooks of the edge have seen it and perhaps replaced it. */
export function afterHooks(edge: Tensor, gradient: Tensor): Tensor {
  if (edge.hooks === null || edge.hooks.size === 0) return gradient;
  if (hooked.has(edge)) {
    throw new GraphError(
      `onGradient: a hook of ${edge.name ?? "a tensor"}, ${edge.dtype} ${formatShape(edge.shape)}, walked backward through that ` +
        "tensor and would be called again; call backward() after the walk, or on another graph",
    );
  }
  hooked.add(edge);
  try {
    return runHooks(edge, edge.hooks, gradient);
  } finally {
    hooked.delete(edge);
  }
}

function runHooks(edge: Tensor, hooks: ReadonlySet<GradientHook>, gradient: Tensor): Tensor {
  let current = gradient;
  for (const hook of [...hooks]) {
    const shown = ofItsOwn(current);
    const given = hook(shown) ?? current;
    if (!tensors.isTensor(given)) {
      throw new GraphError(
        `onGradient: a hook of ${edge.name ?? "a tensor"}, ${edge.dtype} ${formatShape(edge.shape)}, gave ${show(given)}; it must give ` +
          "a tensor like the gradient, or nothing",
      );
    }
    if (shown.version > 0 && shown !== current) {
      throw new GraphError(
        `onGradient: a hook of ${edge.name ?? "a tensor"}, ${edge.dtype} ${formatShape(edge.shape)}, gave new values to the gradient ` +
          "that it was shown, which changes nothing; return the gradient to go on with",
      );
    }
    if (given.dtype !== edge.dtype || !sameShape(given.shape, edge.shape)) {
      throw new GraphError(
        `onGradient: a hook gave ${given.dtype} ${formatShape(given.shape)} for the gradient of ` +
          `${edge.name ?? "a tensor"}, ${edge.dtype} ${formatShape(edge.shape)}; give a tensor like the one it got, or nothing`,
      );
    }
    if (given === current || given === shown) continue;
    watcher()?.given("hook", edge, given);
    current = takenIn(given);
  }
  return current;
}
