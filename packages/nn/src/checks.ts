import {
  ChainruleError,
  CompileError,
  DTypeError,
  formatShape,
  GraphError,
  operand,
  Random,
  type Shape,
  ShapeError,
  sameShape,
  show,
  Tensor,
} from "@chainrule/core";

/** Throws for what is no source of random numbers; `example` shows where it stands. */
export function checkRandom(
  op: string,
  random: unknown,
  example = "{ random: new Random(42) }",
): asserts random is Random {
  if (random instanceof Random) return;
  throw new ChainruleError(`${op}: draws random numbers: give their source, as in ${example}`);
}

/** Throws for what is no tensor. */
export function checkTensor(op: string, what: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) return;
  if (typeof x === "number") throw new DTypeError(`${op}: ${what} is a tensor, got ${x}; make one with tensor(${x})`);
  operand(`${op}: ${what}`, x as Tensor);
}

/** Whether something holds other things by name, and is no tensor or a form of one, such as its clone. */
export function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === "object" && x !== null && !("dtype" in x && typeof x.dtype === "string");
}

/** Throws for what is no record of tensors by name. */
export function checkTensors(op: string, what: string, tensors: unknown): asserts tensors is Record<string, Tensor> {
  if (!isRecord(tensors) || Array.isArray(tensors)) {
    throw new ChainruleError(`${op}: ${what} are tensors by name, as in { W, b }, got ${show(tensors)}`);
  }
  const repair = holderOfTensors(tensors);
  if (repair !== null) {
    throw new ChainruleError(`${op}: ${what} are tensors by name, got ${show(tensors)}; give ${repair}`);
  }
  for (const [name, tensor] of Object.entries(tensors)) checkTensor(op, `${what}: ${name}`, tensor);
}

/** What to take of a layer or of a file of tensors, which are easily given in the place of their tensors. */
function holderOfTensors(x: Readonly<Record<string, unknown>>): string | null {
  if (typeof x["state"] === "function") return "its state()";
  const { tensors } = x;
  return isRecord(tensors) ? "its tensors" : null;
}

/** Throws for what is no dtype of real numbers, where one is named. */
export function checkFloatDType(op: string, dtype: unknown): void {
  if (dtype === "float64" || dtype === "float32") return;
  throw new DTypeError(`${op}: dtype ${show(dtype)}: "float64" or "float32" is needed`);
}

/** Throws for a tensor that is not float64 or float32. */
export function checkFloat(op: string, what: string, x: Tensor): void {
  checkTensor(op, what, x);
  if (x.dtype === "float64" || x.dtype === "float32") return;
  throw new DTypeError(`${op}: ${what} is float64 or float32, got ${x.dtype}; convert with cast("float64")`);
}

/** Throws where `x`, which belongs to `other`, has another dtype. */
export function checkDType(op: string, what: string, x: Tensor, otherWhat: string, other: Tensor): void {
  checkTensor(op, what, x);
  checkTensor(op, otherWhat, other);
  if (x.dtype === other.dtype) return;
  throw new DTypeError(
    `${op}: ${what} is ${x.dtype}, but ${otherWhat} is ${other.dtype}; convert one with cast, as in cast("${other.dtype}")`,
  );
}

/** Throws unless both are floats of one dtype and one shape: a [N] against a [N, 1] is a slip, not N x N pairs. */
export function checkAlike(op: string, what: string, x: Tensor, otherWhat: string, other: Tensor): void {
  checkFloat(op, what, x);
  checkDType(op, otherWhat, other, what, x);
  if (sameShape(x.shape, other.shape)) return;
  throw new ShapeError(
    `${op}: ${what} is ${formatShape(x.shape)}, but ${otherWhat} is ${formatShape(other.shape)}: they do not broadcast; ` +
      "reshape one",
  );
}

/** Throws where a parameter, if there is one, has not the shape and the dtype that belong to the input. */
export function checkParameter(op: string, what: string, parameter: Tensor | undefined, shape: Shape, x: Tensor): void {
  if (parameter === undefined) return;
  checkTensor(op, what, parameter);
  if (!sameShape(parameter.shape, shape)) {
    throw new ShapeError(
      `${op}: ${what} is ${formatShape(parameter.shape)}, but an input of ${formatShape(x.shape)} takes ` +
        `${formatShape(shape)}; reshape or remake it`,
    );
  }
  checkDType(op, what, parameter, "the input", x);
}

/** Whether a shape broadcasts to another one without making it larger. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  const extra = to.length - from.length;
  return extra >= 0 && from.every((size, axis) => size === 1 || size === to[axis + extra]);
}

/** Throws unless `mask` is bool and broadcasts to `shape`, the shape of what it masks. */
export function checkMask(op: string, mask: Tensor, shape: Shape, what: string): void {
  checkTensor(op, "the mask", mask);
  if (mask.dtype !== "bool") {
    throw new DTypeError(
      `${op}: the mask is bool, got ${mask.dtype}; make one with a comparison, as in mask.notEqual(0)`,
    );
  }
  if (!broadcastsTo(mask.shape, shape)) {
    throw new ShapeError(
      `${op}: the mask ${formatShape(mask.shape)} does not broadcast to ${what} ${formatShape(shape)}; reshape it, so ` +
        "that each axis, counted from the last, has that size or 1",
    );
  }
}

/** Throws where a setting does not hold; `wanted` says what would. */
export function checkSetting(
  op: string,
  name: string,
  value: number,
  holds: (value: number) => boolean,
  wanted: string,
): void {
  if (typeof value === "number" && holds(value)) return;
  const hint = (value as unknown) instanceof Tensor ? ", as item() gives that of a tensor" : "";
  throw new ChainruleError(`${op}: ${name} ${show(value)}: ${wanted} is needed${hint}`);
}

/** Throws for what is none of some texts. */
export function checkChoice(op: string, name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new ChainruleError(
    `${op}: ${name} is ${choices.map((choice) => `"${choice}"`).join(" or ")}, got ${show(value)}`,
  );
}

/** What the function of a consumer's that computes the loss gave; it throws for what is no scalar. */
export function checkLoss(op: string, value: unknown): Tensor {
  if (value instanceof Tensor && value.rank === 0) return value;
  const given = value instanceof Tensor ? `${value.dtype} ${formatShape(value.shape)}` : show(value);
  throw new GraphError(
    `${op}: the loss gave ${given}; it must give a scalar, a tensor of shape [] that is computed with ops, as in y.mean()`,
  );
}

/** Whether a function is being compiled, in which the value of this tensor, from outside, is not known. */
export function isTraced(tensor: Tensor): boolean {
  try {
    tensor.detach().item();
    return false;
  } catch (error) {
    if (error instanceof CompileError) return true;
    throw error;
  }
}
