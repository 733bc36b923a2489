import { ChainruleError, checkNoMore, checkOptions, type Random, Tensor } from "@chainrule/core";
import { checkRandom, checkTensors } from "../checks.js";
import { detached, under } from "../saved-state.js";

/** Tensors by name, such as the parameters of a model (`"0.W"`), or what a file of tensors holds. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** How a layer is called. What is not said is as for an evaluation. */
export interface ForwardOptions {
  /** Whether this call is of training: dropout drops, batch normalisation takes the statistics of the batch. Default false. */
  readonly training?: boolean | undefined;
  /** Where layers that draw random numbers in training, such as `Dropout`, take them from, one behind the other. */
  readonly random?: Random | undefined;
}

/** What names a part, in a list or a record of them. */
type Parts = "parameters" | "buffers";

/**
 * A part of a network: a function of one tensor, with parameters that an optimizer can change.
 *
 * A layer of one's own needs a `forward`. Its fields say what it is made of: a field that is a variable is a parameter, a field
 * that is a layer is a part, and so are those in lists, records and maps; their names follow from the fields (`"affine1.W"`,
 * `"blocks.0.W"`). Fields that JavaScript hides (`#W`) are not seen.
 *
 * @example
 * class TwoLayerNet extends Layer {
 *   readonly affine1 = new Affine(4, 3, { initializer: constant(1) });
 *   readonly affine2 = new Affine(3, 2, { initializer: constant(1) });
 *   readonly dropout = new Dropout();
 *   override forward(x: Tensor, options?: ForwardOptions) {
 *     return this.affine2.forward(this.dropout.forward(relu(this.affine1.forward(x)), options));
 *   }
 * }
 * const network = new TwoLayerNet();
 * Object.keys(network.parameters()); // ["affine1.W", "affine1.b", "affine2.W", "affine2.b"]
 * network.forward(ones([1, 4])).toArray(); // [[12, 12]]
 */
export abstract class Layer {
  /** What has settings takes them itself, and gives none on to here. */
  constructor(...none: []) {
    checkNoMore(`new ${new.target.name}`, none);
  }

  /**
   * The output for an input; the layer keeps nothing of either, so that it can be used many times in one graph.
   *
   * @param options whether this is training; what is composed of layers passes them on to its parts
   */
  abstract forward(x: Tensor, options?: ForwardOptions): Tensor;

  /** The variables that training changes, by name: those in the layer's fields, unless it says otherwise. */
  parameters(...none: []): NamedTensors {
    checkNoMore(`${this.constructor.name}.parameters`, none);
    return collected(this, "parameters");
  }

  /**
   * What the layer keeps besides, by name, such as running statistics: saved with the parameters, changed by `forward` and not by
   * an optimizer. Those of its parts, unless it says otherwise.
   */
  buffers(...none: []): NamedTensors {
    checkNoMore(`${this.constructor.name}.buffers`, none);
    return collected(this, "buffers");
  }

  /** The layers that this one is composed of, by name: those in its fields, unless it says otherwise. */
  parts(...none: []): Readonly<Record<string, Layer>> {
    checkNoMore(`${this.constructor.name}.parts`, none);
    const found = Object.entries(this).flatMap(([name, field]) => [...held(name, field)]);
    return Object.fromEntries(found.flatMap(([path, part]) => (part instanceof Layer ? [[path, part]] : [])));
  }

  /** All parameters and buffers as they are now, constants by name: to be saved, or given to `loadParameters` later. */
  state(...none: []): NamedTensors {
    checkNoMore(`${this.constructor.name}.state`, none);
    return detached(tensorsOf(this));
  }
}

/** The parameters and buffers of a layer themselves. */
export function tensorsOf(layer: Layer): NamedTensors {
  const [parameters, buffers] = [layer.parameters(), layer.buffers()];
  const twice = Object.keys(buffers).find((name) => Object.hasOwn(parameters, name));
  if (twice !== undefined) {
    throw new ChainruleError(`${layer.constructor.name}: ${twice} is a parameter and a buffer; give one another name`);
  }
  return { ...parameters, ...buffers };
}

/** Layers whose parts are being collected: one among its own parts has no end. */
const open = new Set<Layer>();

function collected(layer: Layer, what: Parts): NamedTensors {
  if (open.has(layer)) {
    throw new ChainruleError(`${layer.constructor.name}: is a part of itself; a field that is a layer is a part`);
  }
  open.add(layer);
  try {
    const found: Record<string, Tensor> = {};
    for (const [field, value] of Object.entries(layer)) {
      for (const [path, part] of held(field, value)) {
        if (part instanceof Layer) Object.assign(found, prefixed(layer.constructor.name, path, part, what));
        else if (what === "parameters" && part.isVariable) found[path] = part;
      }
    }
    return found;
  } finally {
    open.delete(layer);
  }
}

/** What a part, which may be a consumer's, says that its parameters or buffers are, its name before theirs. */
export function prefixed(owner: string, path: string, part: Layer, what: Parts): NamedTensors {
  const tensors: unknown = part[what]();
  checkTensors(owner, `the ${what} of layer ${path}`, tensors);
  return under(path, tensors);
}

/** The layers and tensors in a field, or in the lists, records and maps that it holds. */
function* held(path: string, value: unknown): Generator<readonly [path: string, part: Layer | Tensor]> {
  if (value instanceof Layer || value instanceof Tensor) yield [path, value];
  else if (value instanceof Map || Array.isArray(value) || isPlain(value)) {
    const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
    for (const [key, part] of entries) yield* held(`${path}.${String(key)}`, part);
  }
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Refuses what is no way to call a layer. */
export function checkForward(op: string, options: ForwardOptions | undefined, none: readonly unknown[] = []): void {
  checkNoMore(op, none);
  if (options === undefined) return;
  checkOptions(op, options, ["training", "random"], ["training"]);
  if (options.random !== undefined) checkRandom(op, options.random);
}
