import { isFloat } from "../../dtype.js";
import { Argument } from "../../graph/argument.js";
import { Elementwise } from "../../graph/elementwise.js";
import { fromArray } from "../../graph/factory.js";
import type { Node } from "../../graph/node.js";
import { withRecording } from "../../graph/recording.js";
import type { Tensor } from "../../graph/tensor.js";
import { deferredIn, withTracer } from "../../graph/tracer.js";
import * as ops from "../../ops/index.js";
import { Reduction } from "../../ops/reduction.js";
import { normalizeAxes, reducedShape, sizeOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import { IndexSets } from "./index-sets.js";

/** Where a matrix may have elements other than 0, in the order of the rows. */
export interface Pattern {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/**
 * Which elements of the arguments each element of the output may depend on: found by going through its graph with sets of indices in the place
 * of values. Ops that move elements, work element by element or reduce are known exactly, products by rows and columns; of any other each
 * result counts as dependent on all that goes in.
 */
export function patternOf(output: Tensor, edges: readonly Tensor[]): Pattern {
  return withTracer(null, () => withRecording(false, () => new Propagation(edges).of(output)));
}

/** For each element of a tensor, the number of its set. */
type Sets = Int32Array;

class Propagation {
  private readonly sets: IndexSets;
  private readonly known = new Map<Tensor, Sets>();

  constructor(edges: readonly Tensor[]) {
    this.sets = new IndexSets(edges.reduce((sum, { size }) => sum + size, 0));
    const singles = this.sets.singles();
    let from = 0;
    for (const edge of edges) {
      this.known.set(edge, singles.subarray(from, from + edge.size));
      from += edge.size;
    }
  }

  of(output: Tensor): Pattern {
    for (const tensor of inOrder(output, this.known)) {
      this.known.set(tensor, this.through(tensor.node as Node, tensor));
    }
    const found = this.setsOf(output);
    const rows: number[] = [];
    const columns: number[] = [];
    found.forEach((set, row) => {
      for (const column of this.sets.of(set)) {
        rows.push(row);
        columns.push(column);
      }
    });
    return { rows: Int32Array.from(rows), columns: Int32Array.from(columns) };
  }

  private setsOf(x: Tensor): Sets {
    return this.known.get(x) ?? new Int32Array(x.size);
  }

  /** The sets of an input as a tensor, which what moves elements moves. */
  private numbers(x: Tensor): Tensor {
    return asNumbers(this.setsOf(x), x.shape);
  }

  private through(node: Node, output: Tensor): Sets {
    const { inputs } = node;
    const [x, y] = inputs as readonly [Tensor, Tensor?];
    if (node instanceof Argument || node instanceof ops.Cast) return this.setsOf(x);
    if (node instanceof Elementwise) return this.elementwise(node, output.shape);
    if (node instanceof Reduction) return this.reduced(this.setsOf(x), x.shape, axesOf(node, x.shape)).sets;
    if (along.some((Op) => node instanceof Op)) {
      const all = inputs.map((input) => {
        const { sets, places } = this.reduced(this.setsOf(input), input.shape, axesOf(node as AlongAxes, input.shape));
        return places.map((place) => sets[place] as number);
      });
      return all.reduce((a, b) => a.map((set, i) => this.sets.union(set, b[i] as number)));
    }
    if (node instanceof ops.Pad) return new ops.Pad(node.widths).apply(this.numbers(x)).array as Sets;
    if (moving.some((Op) => node instanceof Op)) {
      return node.again().apply(...inputs.map((input) => this.numbers(input))).array as Sets;
    }
    if (y !== undefined && deferredIn(y.values) === null && !isFloat(y.dtype)) {
      if (node instanceof ops.Take || node instanceof ops.Gather) {
        return node.again().apply(this.numbers(x), y).array as Sets;
      }
      if (node instanceof ops.IndexAdd) return this.added(x, new ops.Take(node.axis), y, output);
      if (node instanceof ops.ScatterAdd) return this.added(x, new ops.Gather(node.axis), y, output);
    }
    if (node instanceof ops.MatMul) return this.product(node, x, y as Tensor, output.shape);
    const all = this.sets.unionOf(inputs.flatMap((input) => [...new Set(this.setsOf(input))]));
    return new Int32Array(output.size).fill(all);
  }

  private elementwise(node: Elementwise, shape: Shape): Sets {
    const { backward } = node.rule;
    const parts = node.inputs
      .filter((input, i) => this.known.has(input) && (typeof backward === "string" || backward[i] !== null))
      .map((input) => this.numbers(input).broadcastTo(shape).array as Sets);
    const [first = new Int32Array(sizeOf(shape)), ...others] = parts;
    return others.reduce((a, b) => a.map((set, i) => this.sets.union(set, b[i] as number)), first);
  }

  /** The unions along some axes, and for each element the place of its union. */
  private reduced(sets: Sets, shape: Shape, axes: readonly number[]): { sets: Sets; places: Int32Array } {
    const kept = reducedShape(shape, axes, true);
    const places = asNumbers(counted(sizeOf(kept)), kept).broadcastTo(shape).array as Int32Array;
    return { sets: this.gathered(sets, places, sizeOf(kept)), places };
  }

  /** The unions of those that go to each of so many places. */
  private gathered(sets: Sets, places: Int32Array, size: number): Sets {
    const groups = Array.from({ length: size }, () => new Set<number>());
    places.forEach((place, i) => {
      groups[place]?.add(sets[i] as number);
    });
    return Int32Array.from(groups, (group) => this.sets.unionOf(group));
  }

  /** What is added where the indices say: the op that reads there tells the places. */
  private added(x: Tensor, read: Node, indices: Tensor, output: Tensor): Sets {
    const places = read.apply(asNumbers(counted(output.size), output.shape), indices).array as Int32Array;
    return this.gathered(this.setsOf(x), places, output.size);
  }

  /** An element of a product depends on its row on the left and its column on the right. */
  private product({ transposeA, transposeB }: ops.MatMul, a: Tensor, b: Tensor, shape: Shape): Sets {
    const own = (x: Tensor, form: Shape, axis: number) => this.reduced(this.setsOf(x), form, [axis]).sets;
    const isVector = (x: Tensor) => x.rank === 1;
    const left = isVector(a) ? [1, a.size] : a.shape;
    const right = isVector(b) ? [b.size, 1] : b.shape;
    const batch = shape.slice(0, shape.length - (isVector(a) ? 0 : 1) - (isVector(b) ? 0 : 1));
    const inner = transposeA ? left.length - 2 : left.length - 1;
    const other = transposeB ? right.length - 1 : right.length - 2;
    const [m, n] = [
      left[transposeA ? left.length - 1 : left.length - 2],
      right[transposeB ? right.length - 2 : right.length - 1],
    ];
    const rows = asNumbers(own(a, left, inner), [...left.slice(0, -2), m as number, 1]);
    const columns = asNumbers(own(b, right, other), [...right.slice(0, -2), 1, n as number]);
    const full = [...batch, m as number, n as number];
    const [x, y] = [rows.broadcastTo(full).array as Sets, columns.broadcastTo(full).array as Sets];
    return x.map((set, i) => this.sets.union(set, y[i] as number));
  }
}

type AlongAxes = Node & { readonly axis: number | readonly number[] | undefined };

const along = [ops.Softmax, ops.LogSoftmax, ops.Center, ops.Standardize, ops.Cumsum, ops.Cumprod, ops.LinearScan];

const moving = [
  ops.Reshape,
  ops.ExpandDims,
  ops.Squeeze,
  ops.BroadcastTo,
  ops.Transpose,
  ops.Slice,
  ops.Unslice,
  ops.Concat,
  ops.Stack,
];

function axesOf({ name, axis }: AlongAxes, shape: Shape): number[] {
  return normalizeAxes(name, axis, shape);
}

function asNumbers(numbers: Int32Array, shape: Shape): Tensor {
  return fromArray(numbers, shape);
}

function counted(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => i);
}

/** The edges of a graph behind those that are known, each behind what it is made of. */
function inOrder(output: Tensor, known: ReadonlyMap<Tensor, unknown>): readonly Tensor[] {
  const order: Tensor[] = [];
  const met = new Set<Tensor>();
  const open: (readonly [edge: Tensor, isDone: boolean])[] = [[output, false]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [edge, isDone] = next;
    if (isDone) order.push(edge);
    else if (edge.node !== null && !known.has(edge) && !met.has(edge)) {
      met.add(edge);
      open.push([edge, true]);
      for (const input of edge.node.inputs) if (input.requiresGrad) open.push([input, false]);
    }
  }
  return order;
}
