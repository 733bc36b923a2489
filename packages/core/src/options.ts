import { checkFlag } from "./checks.js";
import { ChainruleError, ShapeError } from "./errors.js";
import { isTensorClone, ofTensor, show } from "./show.js";

/** What options are called elsewhere, where their names are not alike. */
const elsewhere: Readonly<Record<string, string>> = {
  argnum: "argument",
  argnums: "argument",
  ddof: "correction",
  diagonal: "offset",
  dim: "axis",
  dims: "axis",
  epsilon: "eps",
  filterSize: "kernel",
  k: "offset",
  learningRate: "lr",
  p: "ord",
  poolSize: "kernel",
  rate: "lr",
  size: "kernel",
  unbiased: "correction",
};

/**
 * Refuses what is no record of options, and options that `op` does not have: a misspelt one would be ignored, and the default
 * taken in its place. `undefined` stands for no options.
 *
 * @param names those of all options
 * @param flags those among them that are true or false: of anything else, such as the text "false", one would not know
 *
 * @example
 * let refused;
 * try {
 *   checkOptions("myOp", { kernal: 3 }, ["kernel", "stride"]);
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof ChainruleError && refused.message.includes("did you mean kernel?"); // true
 */
export function checkOptions(
  op: string,
  options: unknown,
  names: readonly string[],
  flags: readonly string[] = noFlags,
): void {
  if (options === undefined) return;
  if (!Array.isArray(names) || !Array.isArray(flags)) {
    throw new ChainruleError(`checkOptions: the names are a list, got ${show(Array.isArray(names) ? flags : names)}`);
  }
  if (!isRecord(options)) {
    throw new ChainruleError(`${op}: options are a record, { ${names.join(", ")} }, got ${show(options)}`);
  }
  for (const name in options) {
    if (!names.includes(name)) throw unknownOption(op, name, names);
  }
  for (const name of flags) if (options[name] !== undefined) checkFlag(op, name, options[name]);
}

/** Refuses what is no number among some of the options: the text "1" would be counted with, and a list be NaN. */
export function checkNumbers(op: string, options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || typeof value === "number") continue;
    throw new ChainruleError(`${op}: ${name} ${show(value)}: a number is needed${ofTensor(value)}`);
  }
}

const noFlags: readonly string[] = Object.freeze([]);

/** What is asked for elsewhere by an argument that is not taken here: by the name of the option, or by the op. */
const instead: Readonly<Record<string, string>> = {
  alpha: "multiply it by that, as in x.add(y.mul(2))",
  axis: "sum, mean and the like take an axis",
  beta: "write x.mul(beta).softplus().div(beta)",
  dtype: 'convert with cast("float32")',
  inplace: "values are never changed in place",
  log: "another base is x.log().div(Math.log(2))",
  hypot: "write hypot(hypot(x, y), z)",
  matmul: "transpose with y.transpose()",
  maximum: "write maximum(maximum(x, y), z)",
  minimum: "write minimum(minimum(x, y), z)",
  name: "give a tensor a name with named(...)",
  decimals: "write x.mul(10).round().div(10)",
  round: "for a place behind the point write x.mul(10).round().div(10)",
  rounding_mode: "write x.div(y).floor()",
  once: "the function that onGradient gives takes the hook away",
  padding_idx: "the gradient of one row can be made 0 by a mask, rows.where(table, 0)",
  reduction: "losses of one reduction have others in ops, as in y.sub(t).square().sum()",
  shuffle: "draw the rows with a BatchSampler",
  "take.mode": "indices are not clipped or wrapped; clamp them before",
  transposeA: "transpose with x.transpose()",
  transposeB: "transpose with y.transpose()",
};

/**
 * Refuses what stands behind the arguments that a function takes, all of them positional: it would be ignored without a word.
 * What the `map`, `forEach` and `reduce` of a list pass on, the index and the list, is let through.
 *
 * @param none all that stands there, as collected by `...none: []`
 *
 * @example
 * const double = (x: number, ...none: []) => {
 *   checkNoMore("double", none);
 *   return 2 * x;
 * };
 * [1, 2].map(double); // [2, 4]
 */
export function checkNoMore(op: string, none: readonly unknown[]): void {
  if (!Array.isArray(none)) throw new ChainruleError(`checkNoMore: takes a list of arguments, got ${show(none)}`);
  if (none.length === 0) return;
  if (none.length === 2 && isIndexOf(none[0], none[1])) return;
  const more = none.find((argument) => argument !== undefined);
  if (more !== undefined) throw tooMany(op, more);
}

/** An index alone is none: `log(x, 2)` asks for another base. */
function isIndexOf(index: unknown, list: unknown): boolean {
  return Array.isArray(list) && Number.isInteger(index) && (index as number) >= 0 && (index as number) < list.length;
}

/** The error for an argument behind the last one. */
export function tooMany(name: string, more: unknown): ChainruleError {
  const op = typeof name === "string" ? name : show(name);
  const keys = isRecord(more) ? Object.keys(more) : [];
  const asked = [...keys.map((key) => `${op}.${key}`), ...keys, op.toLowerCase()].find((asked) =>
    Object.hasOwn(instead, asked),
  );
  return new ChainruleError(
    `${op}: got ${show(more)} behind the arguments that it takes; ${asked === undefined ? "leave it out" : instead[asked]}`,
  );
}

/**
 * Whether something is a record that was written down or made by a program, and not an instance of a class, or what
 * `structuredClone` leaves of a tensor.
 */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || prototype === Object.prototype) && !isTensorClone(value);
}

function unknownOption(op: string, name: string, given: readonly string[]): ChainruleError {
  const names = given.map(String);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : `did you mean ${near}? `;
  const known = names.length === 1 ? `there is ${names[0]}` : `there are ${names.join(", ")}`;
  return new ChainruleError(`${op}: unknown option ${show(name).slice(1, -1)}; ${hint}${known}`);
}

/** How many letters of a name are compared with others: that takes the product of both lengths. */
const LONGEST = 100;

/** The name that was meant, if one is close enough to be believed. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const foreign = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
  if (foreign !== undefined && names.includes(foreign)) return foreign;
  // What is so long is none of them, misspelt.
  if (name.length > LONGEST) return undefined;
  const given = plainly(name);
  const scored = names.map((known) => [distance(given, plainly(known)), known] as const);
  const [best] = scored.sort(([a], [b]) => a - b);
  return best !== undefined && best[0] <= 0.5 ? best[1] : undefined;
}

/** Without what differs between ways of writing: keep_dims, keepdims and keepDims are one. */
function plainly(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** How far two names are apart, as a part of the longer one; a name within another (causal in isCausal) is close to it. */
function distance(a: string, b: string): number {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length >= 3 && long.includes(short)) return (1 - short.length / long.length) / 2;
  return edits(a, b) / Math.max(a.length, b.length);
}

/** The number of letters to be changed, put in, left out, or exchanged with their neighbour. */
function edits(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          changed,
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          exchanged ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}

const none = Object.freeze({}) as object;

/** An axis, or a list of axes, alone or as one of the options. */
export type AxisOr<A, Options = unknown> = A | (Options & { readonly axis?: A | undefined }) | undefined;

/**
 * The axis of an op that has no other option, in one of its forms: `op(x, axis)` and `op(x, { axis })`.
 *
 * @param none what stands behind it, where there is nothing to stand
 */
export function axisOf<A>(op: string, axis: AxisOr<A>, none?: unknown): A | undefined {
  if (none !== undefined) checkNoMore(op, [none]);
  if (isAxis(op, axis)) return axis as A | undefined;
  checkOptions(op, axis, ["axis"]);
  return (axis as { readonly axis?: A }).axis;
}

/** Whether an axis, or several, stand there alone; an error for what is neither that nor an object. */
function isAxis(op: string, given: unknown): boolean {
  if (given === undefined || typeof given === "number" || Array.isArray(given)) return true;
  if (typeof given === "object" && given !== null) return false;
  throw new ShapeError(`${op}: an axis is a whole number, got ${show(given)}`);
}

/** The axes of an op that has no other option: `op(x, 0)`, `op(x, [0, 1])`, `op(x, { axis: [0, 1] })` and `op(x, 0, 1)`. */
export function axesOf(op: string, given: readonly unknown[]): number | readonly number[] | undefined {
  return given.length > 1 ? (given as readonly number[]) : axisOf(op, given[0] as AxisOr<number | readonly number[]>);
}

/**
 * The options of an op along an axis, in one of its forms: `op(x, axis)`, `op(x, axis, options)` and
 * `op(x, { axis, ...options })`.
 *
 * @param names those of the options, `axis` not among them
 * @param flags those among them that are true or false
 * @returns the axis, and the record in which the options are
 */
export function withAxis<A, Options extends object>(
  op: string,
  axis: AxisOr<A, Options>,
  options: Options | undefined,
  names: readonly string[],
  flags?: readonly string[],
): readonly [axis: A | undefined, options: Partial<Options>] {
  if (isAxis(op, axis)) {
    checkOptions(op, options, names, flags);
    return [axis as A | undefined, options ?? none];
  }
  checkOptions(op, axis, ["axis", ...names], flags);
  const record = axis as Options & { readonly axis?: A };
  if (options === undefined) return [record.axis, record];
  throw twoRecords(op, `, { ${["axis", ...names].join(", ")} }`);
}

/** The error for options that were given twice. */
export function twoRecords(op: string, form = ""): ChainruleError {
  return new ChainruleError(`${op}: got two records of options; put all into one${form}`);
}
