import type { Tensor } from "../graph/tensor.js";
import { deferredIn } from "../graph/tracing.js";
import { FunctionNode } from "./function-node.js";

/**
 * A short text for the graph behind a tensor, up to the `leaves`: its ops with their settings, how they are connected, and the
 * values of its constants. Two graphs with one digest (but for a chance of 2^-53) compute the same, with the same gradients.
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
      for (const [key, value] of Object.entries(node.attributes())) sum.text(`${key} ${value}`);
      for (const input of node.inputs) sum.number(place(input));
    } else if (deferredIn(values) === null) sum.values(typeof values === "number" ? [values] : values);
  }
  return sum.toString();
}

/** 53 bits of what it is given, as `Math.imul` mixes them (after the public-domain cyrb53). */
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

  values(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.number(values[i] as number);
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
    this.word(text.length);
  }

  toString(): string {
    return `${this.a >>> 0}-${this.b >>> 0}`;
  }
}

const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);
