import type { TypedArray } from "../dtype.js";
import { ageToWalk } from "./age.js";
import { rounded } from "./arithmetic.js";
import { updates, type Walk } from "./node.js";
import { isRecording } from "./recording.js";
import type { Tensor } from "./tensor.js";
import { tracer } from "./tracer.js";

/**
 * What a walk from a root back to the leaves has found: the edges on its way and their gradients.
 *
 * Where an edge stands in the list is kept in the edge itself (`slot`), valid if the list has that edge in that place, so
 * that nothing has to be cleared. A walk inside a walk puts back the slots that it took.
 */
export class Tape implements Walk {
  edges: Tensor[] = [];
  /** How many uses of each edge are still to come; 0 for all when the walk is over. */
  uses = new Int32Array(16);
  /** The gradients of scalars in a walk that makes no graph; those of all others stand in `tensors`. */
  numbers: Float64Array = new Float64Array(0);
  /** 1 for each of those scalars to which a gradient has come. */
  private reached: Uint8Array = new Uint8Array(0);
  readonly tensors: (Tensor | undefined)[] = [];
  createGraph: boolean;
  /** The edges that the walk is for and stops at; `null` when it is for all. */
  readonly wanted: ReadonlySet<Tensor> | null;
  /** Edges that are older are left out: see `ageToWalk`. */
  private readonly age: number;
  /** Whether the graph depends on something else that gradients are wanted of: a variable, or what a transform is for. */
  dependsOnOthers = false;
  /** The places of edges of which nothing more is to come. */
  readonly ready: number[] = [];
  /** What stood in the slots of the edges before, for a walk inside a walk. */
  readonly before: number[] | null;
  readonly isTraced = tracer() !== null;
  private positions: Map<Tensor, number> | null = null;
  /** The sums that `addPart` adds to in place, by the places of their edges. */
  private sums: Map<number, Tensor> | null = null;
  /** The gradients of the several results that an edge stands for: see `Part`. */
  private parts: Map<number, (Tensor | undefined)[]> | null = null;
  /** What `gradient` has given out. */
  private given: Map<number, Tensor> | null = null;
  /** How many updates there had been when the graph was found to be up to date. */
  readonly updates = updates.count;

  constructor(createGraph: boolean, wanted: ReadonlySet<Tensor> | null, isInner: boolean) {
    this.createGraph = createGraph;
    this.wanted = wanted;
    this.age = wanted === null ? 0 : ageToWalk(wanted);
    this.before = isInner ? [] : null;
  }

  add(edge: Tensor): number {
    const slot = this.edges.length;
    edge.slot = slot;
    this.edges.push(edge);
    if (slot === this.uses.length) this.uses = grown(this.uses);
    this.uses[slot] = 0;
    return slot;
  }

  /** Whether the walk under way has met this edge. */
  has(edge: Tensor): boolean {
    return edge.slot >= 0 && this.edges[edge.slot] === edge;
  }

  /** Takes in an edge that gets a gradient, and counts the use that a node makes of it. */
  use(edge: Tensor): void {
    if (!edge.requiresGrad) return;
    if (!this.has(edge)) {
      if (edge.slot < 0 && -edge.slot < this.age) {
        this.dependsOnOthers = true;
        return;
      }
      this.before?.push(edge.slot);
      this.add(edge);
    }
    this.uses[edge.slot] = (this.uses[edge.slot] as number) + 1;
  }

  /** Adds to the gradient of a scalar edge what one of its uses gives; `undefined` where that is zero everywhere. */
  addNumber(edge: Tensor, gradient: number | undefined): void {
    const { slot } = edge;
    if (gradient !== undefined) {
      const { dtype } = edge;
      const own = rounded(dtype, gradient);
      // Not added to the 0 that stands there: -0 stays -0.
      this.numbers[slot] = this.reached[slot] === 1 ? rounded(dtype, (this.numbers[slot] as number) + own) : own;
      this.reached[slot] = 1;
    }
    this.countDown(slot);
  }

  /** Makes room for the gradients of scalars, which are all 0 as long as none has come. */
  allocateNumbers(): void {
    const size = this.inOps ? 0 : this.edges.length;
    this.numbers = new Float64Array(size);
    this.reached = new Uint8Array(size);
  }

  /** Whether a gradient has come to an edge: if not, that is 0 everywhere, however large the derivatives behind the edge. */
  isReached(at: number): boolean {
    if (this.parts?.has(at) === true) return true;
    return this.isNumber(this.edges[at] as Tensor) ? this.reached[at] === 1 : this.tensors[at] !== undefined;
  }

  /**
   * Adds the gradient of a part of an edge, for a node that reads no more than that, in a walk without graph: in place, so
   * that the gradients of n parts are not n arrays as large as the whole. `add` adds it to an array of the whole, and
   * `whole` makes a tensor of it with zeros around.
   *
   * Only a sum is written to that was made here for this edge: the gradient that an edge got from one use alone, or has
   * complete, is also that of other edges, of hooks and of `.grad`. The numbers are those that `whole` would give, to the
   * sign of a zero: what is added to all elements would turn -0 into 0, so a sum with a -0 in it is not one to add to.
   */
  addPart(edge: Tensor, add: (sum: TypedArray) => void, whole: () => Tensor): void {
    const { slot } = edge;
    const known = this.tensors[slot];
    if (known === undefined) this.tensors[slot] = whole();
    else if (this.sums?.get(slot) === known) add(known.array);
    else {
      const sum = known.add(whole());
      this.tensors[slot] = sum;
      if (!sum.array.some((value) => Object.is(value, -0))) {
        this.sums ??= new Map();
        this.sums.set(slot, sum);
      }
    }
    this.countDown(slot);
  }

  /** Adds the gradient of one of the results that an edge stands for. */
  addToPart({ slot }: Tensor, index: number, gradient: Tensor): void {
    this.parts ??= new Map();
    const all = this.parts.get(slot) ?? [];
    const known = all[index];
    all[index] = known === undefined ? gradient : known.add(gradient);
    this.parts.set(slot, all);
    this.countDown(slot);
  }

  /** The gradients of the results that an edge stands for, as far as there are any. */
  partsOf({ slot }: Tensor): readonly (Tensor | undefined)[] {
    return this.parts?.get(slot) ?? [];
  }

  /** One use of an edge has been done. */
  countDown(slot: number): void {
    const left = (this.uses[slot] as number) - 1;
    this.uses[slot] = left;
    if (left === 0) this.ready.push(slot);
  }

  /** Whether gradients are made by ops alone: they are to be graph, or they are recorded for a program. */
  get inOps(): boolean {
    return this.createGraph || this.isTraced;
  }

  isNumber(edge: Tensor): boolean {
    return !this.createGraph && !this.isTraced && edge.shape.length === 0;
  }

  /** The gradient of an edge, as a tensor of its own; `undefined` for one that the walk has not met. */
  gradient(edge: Tensor): Tensor | undefined {
    let at: number | undefined = edge.slot;
    if (!this.has(edge)) {
      this.positions ??= new Map(this.edges.map((known, i) => [known, i]));
      at = this.positions.get(edge);
    }
    if (at === undefined) return undefined;
    const known = this.given?.get(at);
    if (known !== undefined) return known;
    const gradient = ofItsOwn(this.gradientAt(at));
    this.given ??= new Map();
    this.given.set(at, gradient);
    return gradient;
  }

  gradientAt(at: number): Tensor {
    const edge = this.edges[at] as Tensor;
    if (this.isNumber(edge)) return edge.constant(this.numbers[at] as number);
    return this.tensors[at] ?? edge.constant(0).broadcastTo(edge.shape);
  }

  setGradient(at: number, gradient: Tensor): void {
    if (this.isNumber(this.edges[at] as Tensor)) {
      this.numbers[at] = gradient.item();
      this.reached[at] = 1;
    } else this.tensors[at] = gradient;
  }
}

function grown(uses: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * uses.length);
  larger.set(uses);
  return larger;
}

/**
 * A gradient that one edge has alone: nodes such as Add hand on what they get, so that several edges (and hooks, and whoever
 * gave the seed) have one tensor, which takes a name and new values as any other. One that is part of a graph stays.
 */
export function ofItsOwn(gradient: Tensor): Tensor {
  return gradient.requiresGrad ? gradient : gradient.detach();
}

/**
 * A gradient that came from outside (the seed, what a hook or a local backward gave) as a walk goes on with it: whoever gave it
 * may have it elsewhere, and give it new values.
 */
export function takenIn(gradient: Tensor): Tensor {
  if (!gradient.requiresGrad || !isRecording()) return gradient.detach();
  return gradient.isVariable ? gradient.reshape(gradient.shape) : gradient;
}
