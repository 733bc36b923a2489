import { isTypedArray, type TypedArray } from "../dtype.js";
import { GraphError } from "../errors.js";
import type { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { deferredIn } from "../graph/tracer.js";
import { Traced } from "../trace/traced.js";
import { FunctionNode } from "./function-node.js";
import { visitStructure } from "./structure.js";

/**
 * A short text for the graph behind a tensor, up to the `leaves`: its ops with their settings, how they are connected, and the
 * values of its constants. Two graphs with one digest (but for a chance of 2^-64) compute the same, with the same gradients;
 * but of functions (the backwards of `customGradient`, functions among the settings) only the text is known, and not what they
 * close over, and of hooks and the functions of `customOp` nothing.
 */
export function digestOf(root: Tensor, leaves: readonly (Tensor | null)[]): string {
  const sum = new Sum();
  const places = new Map<Tensor, number>();
  for (const [i, leaf] of leaves.entries()) if (leaf !== null) places.set(leaf, i);
  const list: Tensor[] = [];
  const place = (edge: Tensor): number => {
    const known = places.get(edge);
    if (known !== undefined) return known;
    list.push(edge);
    places.set(edge, leaves.length + list.length);
    return leaves.length + list.length;
  };
  sum.number(place(root));
  for (const { node, dtype, shape, values } of list) {
    sum.text(`${node?.name} ${dtype} ${shape}`);
    if (node !== null) {
      if (node instanceof FunctionNode) sum.text(node.digest);
      const settings = node.attributes();
      if (Object.keys(settings).length > 0) sum.setting(settings, node.name);
      for (const input of node.inputs) sum.number(place(input));
    } else {
      const traced = deferredIn(values);
      if (traced instanceof Traced && traced.source.kind === "literal") sum.number(traced.source.value);
      if (traced !== null) continue;
      if (typeof values === "number") sum.number(values);
      else sum.array(values);
    }
  }
  return sum.toString();
}

/** The same of the settings of a node alone. */
export function digestOfSettings(node: Node): string {
  const settings = node.attributes();
  if (Object.keys(settings).length === 0) return "";
  const sum = new Sum();
  sum.setting(settings, node.name);
  return sum.toString();
}

/** What the elements of arrays come to: an array is not written to, and a segment is run twice. */
const known = new WeakMap<TypedArray, readonly [number, number]>();

/** 64 bits of what it is given, as `Math.imul` mixes them (after the public-domain cyrb53). */
class Sum {
  private a = 0xdeadbeef;
  private b = 0x41c6ce57;

  private word(word: number): void {
    this.a = Math.imul(this.a ^ word, 2654435761);
    this.b = Math.imul(this.b ^ word, 1597334677);
    this.a ^= this.b >>> 15;
    this.b ^= this.a >>> 13;
  }

  number(value: number): void {
    bits[0] = value;
    this.word(words[0] as number);
    this.word(words[1] as number);
  }

  array(array: TypedArray): void {
    let own = known.get(array);
    if (own === undefined) {
      const sum = new Sum();
      for (const value of array) sum.number(value);
      own = [sum.a, sum.b];
      known.set(array, own);
    }
    this.word(array.length);
    for (const word of own) this.word(word);
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    this.word(text.length);
  }

  /** A setting by its structure: [[1, 2], [3]] is another one than [[1], [2, 3]]. */
  setting(value: unknown, name: string): void {
    visitStructure(value, "a setting", {
      op: name,
      Failure: GraphError,
      open: (x) =>
        this.text(Array.isArray(x) ? `[${x.length}` : `{${Object.keys(x).map((key) => JSON.stringify(key))}`),
      leaf: (x) => {
        if (typeof x === "number") this.number(x);
        else if (isTypedArray(x)) this.array(x as TypedArray);
        else this.text(`${typeof x} ${String(x)}`);
      },
    });
  }

  toString(): string {
    return `${this.a >>> 0}-${this.b >>> 0}`;
  }
}

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);
