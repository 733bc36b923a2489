import { checkFunction } from "../checks.js";
import { type DType, isFloat } from "../dtype.js";
import { DTypeError, GraphError } from "../errors.js";
import { transforms } from "../graph/age.js";
import { Argument } from "../graph/argument.js";
import { dependsOnOthers, walk } from "../graph/backward.js";
import { afterHooks } from "../graph/hooks.js";
import { noteRead, withReads } from "../graph/reads.js";
import { isRecording, isThenable, withRecording } from "../graph/recording.js";
import { asTensor, Tensor } from "../graph/tensor.js";
import { isRecord } from "../options.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { explained, otherNumber } from "./meant.js";
import { describe, mapLeaves, mapStructure } from "./structure.js";

/** The gradients by the edges of some arguments, and whether they (and the value) can be differentiated again. */
export interface Pulled {
  readonly gradients: readonly Tensor[];
  readonly linked: boolean;
}

/**
 * The arguments of one call of a function that is to be differentiated: those that are chosen are replaced by edges of
 * their own (see `Argument`), so that nothing of the caller's is changed and no other transform is confused with this one.
 */
export class Arguments {
  /** The arguments to call the function with. */
  readonly values: readonly unknown[];
  /** The edges in the chosen arguments, in order. */
  readonly edges: readonly Tensor[];
  private readonly op: string;
  private readonly nodes: readonly Argument[];
  /** The chosen arguments as they were given, whatever the function or its caller does to them later. */
  private readonly forms: readonly unknown[];
  /** How the edges are called in errors. */
  readonly paths: readonly string[];

  constructor(op: string, given: readonly unknown[], among?: readonly number[]) {
    if (!Array.isArray(given)) {
      throw new GraphError(`${op}: takes the list of the arguments of f, [x, y], got ${show(given)}`);
    }
    transforms.begun++;
    const chosen = among ?? given.map((_, i) => i);
    const values = [...given];
    const edges: Tensor[] = [];
    const nodes: Argument[] = [];
    const paths: string[] = [];
    for (const at of chosen) {
      values[at] = mapLeaves(op, given[at], `argument ${at}`, (leaf, path) => {
        const tensor = asTensor(leaf);
        if (!isFloat(tensor.dtype)) {
          throw new DTypeError(
            `${op}: ${path} is ${tensor.dtype} ${formatShape(tensor.shape)}: integers and bools have no gradient; convert with ` +
              'cast("float64"), or choose the arguments to differentiate by, or close over it',
          );
        }
        const node = new Argument();
        const edge = node.apply(tensor);
        nodes.push(node);
        edges.push(edge);
        paths.push(path);
        return edge;
      });
    }
    this.op = op;
    this.values = values;
    this.forms = chosen.map((at) => mapStructure(values[at], (leaf) => leaf));
    this.edges = edges;
    this.nodes = nodes;
    this.paths = paths;
  }

  /** Calls the function, with its graph recorded, and checks that it gives a tensor that can have a gradient. */
  run<Args extends readonly unknown[], R extends Tensor>(f: (...args: Args) => R): R {
    checkFunction(this.op, f);
    let result: R;
    const reads = new Set<Tensor>();
    transforms.running++;
    try {
      result = withReads(reads, () => withRecording(true, () => f(...(this.values as Args))));
    } catch (error) {
      throw explained(this.op, GraphError, error, () => this.tensorMeant(f.length));
    } finally {
      transforms.running--;
      this.close();
    }
    checkResult(this.op, result);
    if (!isFloat(result.dtype)) {
      throw new DTypeError(
        `${this.op}: the function gave ${result.dtype} ${formatShape(result.shape)}: integers and bools have no derivative; ` +
          "give a float64 or float32 tensor",
      );
    }
    if (reads.size > 0) this.checkReads(reads, result);
    return result;
  }

  /** That the function takes a list or a record for one tensor, or names another number of arguments than there are. */
  private tensorMeant(named: number): string | null {
    const { op, values } = this;
    const at = values.findIndex((value) => Array.isArray(value) || isRecord(value));
    const isList = Array.isArray(values[at]);
    const count = otherNumber(named, values.length);
    const inLists = besideDirection.has(op);
    if (named > 1 && values.length === 1 && isList) {
      const form = inLists
        ? `one list holds them all, ${op}(f)([x, y], [v, w])`
        : `they stand one behind the other, ${op}(f)(x, y)`;
      return `it names ${named} arguments, and was given one, a list: ${form}`;
    }
    if (count !== "" && named < values.length) {
      if (inLists) return `${count}, out of a list; where it takes the list itself, write ${op}(f)([[x, y]], [[v, w]])`;
      // What else there may be stands behind the arguments that have no default.
      const areTensors = values.every((value) => value instanceof Tensor);
      if (areTensors && !onlyFirst.has(op)) return `${count}; where it takes one list of them, write ${op}(f)([x, y])`;
    }
    if (at < 0) return named > values.length ? count : null;
    return `argument ${at} is ${isList ? "a list" : "a record"} of tensors inside of it, as it was given; where one tensor is meant, give tensor(...)`;
  }

  /**
   * Refuses a result that does not depend on an argument of which a value was read: its gradient would be 0 without a word. The
   * arguments of the transforms around this one that were read beside are theirs to judge, and they are told.
   */
  private checkReads(reads: ReadonlySet<Tensor>, result: Tensor): void {
    const own = new Set(this.edges);
    const others = new Set<Tensor>();
    // What was read of an argument says nothing of what that was made of.
    const read = behind(reads, (edge) => {
      if (own.has(edge)) return true;
      if (!(edge.node instanceof Argument && edge.node.live)) return false;
      others.add(edge);
      return true;
    });
    for (const edge of others) noteRead(edge);
    const linked = behind([result], () => false);
    const at = this.edges.findIndex((edge) => read.has(edge) && !linked.has(edge));
    if (at < 0) return;
    throw new GraphError(
      `${this.op}: the function read values made of ${this.paths[at]} (by item(), data or toArray(), by variable() or assign()), and its result does not depend on ` +
        "that: numbers that are read leave the graph and have no gradient. Compute with ops, as in x.mul(x), or with " +
        "customGradient; where a value only decides what is computed, read it of stopGradient(x)",
    );
  }

  /** Says that what is computed from now on is not computed for the sake of these arguments. */
  close(): void {
    for (const node of this.nodes) node.live = false;
  }

  /** Whether a result of the function depends on anything but these arguments that somebody may differentiate it by. */
  isLinked(result: Tensor): boolean {
    if (!isRecording()) return false;
    return this.nodes.some((node) => node.input(0).requiresGrad) || dependsOnOthers(result, new Set(this.edges));
  }

  /** The gradient of `root`, seeded with `seed`, by each edge: zeros by one that it does not depend on. */
  pull(root: Tensor, seed: Tensor): Pulled {
    const outside = seed.requiresGrad || this.nodes.some((node) => node.input(0).requiresGrad);
    if (!root.requiresGrad) return { gradients: this.edges.map(zerosLike), linked: false };
    const tape = walk(root, seed, isRecording() && (outside || "if needed"), new Set(this.edges));
    const gradients = withRecording(tape.createGraph, () =>
      this.edges.map((edge) => afterHooks(edge, tape.gradient(edge) ?? zerosLike(edge))),
    );
    return { gradients, linked: isRecording() && (outside || tape.dependsOnOthers) };
  }

  /** The chosen arguments again, with the tensors of a list in the places of the edges. */
  rebuild(tensors: readonly Tensor[]): unknown[] {
    let next = 0;
    return this.forms.map((form) => mapStructure(form, (leaf) => (leaf === undefined ? leaf : tensors[next++])));
  }
}

/**
 * What a transform gives: a function of the point, as `grad` does; or, where the point was given behind `f`, what that
 * function gives there.
 */
export function atPoint<R>(
  op: string,
  f: unknown,
  point: readonly unknown[],
  apply: (...point: readonly unknown[]) => R,
): R | ((...point: readonly unknown[]) => R) {
  checkFunction(op, f);
  return point.length === 0 ? (...given) => apply(...given) : apply(...point);
}

/**
 * The list of the arguments of a function, where others stand beside it: a list as it is, anything else as the one that there
 * is.
 */
export function inputList(inputs: unknown): readonly unknown[] {
  return Array.isArray(inputs) ? inputs : [inputs];
}

/** The transforms whose point has a direction beside it, so that several arguments stand in a list. */
const besideDirection: ReadonlySet<string> = new Set(["jvp", "hvp"]);

/** The transforms whose point is one tensor. */
const onlyFirst: ReadonlySet<string> = new Set(["jacobian", "hessian"]);

/** Refuses what stands behind point and direction. */
export function checkDirection(op: string, more: readonly unknown[]): void {
  const extra = more.find((argument) => argument !== undefined);
  if (extra === undefined) return;
  throw new GraphError(
    `${op}: takes the point and the direction, got ${show(extra)} behind them; several arguments of f stand in lists, ` +
      `${op}(f)([x, y], [v, w]), and what is no input is closed over`,
  );
}

/** The edges with a graph that some tensors are made of, themselves included; nothing behind those at which to `stop`. */
function behind(roots: Iterable<Tensor>, stop: (edge: Tensor) => boolean): Set<Tensor> {
  const met = new Set(roots);
  for (const edge of met) {
    if (stop(edge)) continue;
    for (const input of edge.node?.inputs ?? []) if (input.requiresGrad) met.add(input);
  }
  return met;
}

/** A function that is differentiated gives one tensor: what else there may be says why it has no graph. */
export function checkResult(op: string, result: unknown): asserts result is Tensor {
  if (result instanceof Tensor) return;
  const why = isThenable(result)
    ? "a promise: differentiate the synchronous part"
    : `${describe(result)}: compute with ops; item() and data leave the graph`;
  throw new GraphError(`${op}: the function must give a tensor, got ${why}`);
}

export function zerosLike(x: Tensor): Tensor {
  return x.constant(0).broadcastTo(x.shape);
}

/** Zeros of which a program holds no array. */
export function zerosOf(shape: Shape, dtype: DType): Tensor {
  return asTensor(0).cast(dtype).broadcastTo(shape);
}

export function onesLike(x: Tensor): Tensor {
  return x.constant(1).broadcastTo(x.shape);
}
