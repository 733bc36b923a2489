/**
 * Triples of integers of 32 bits, numbered from 0 on in the order in which they are added. A `Map` of numbers above 2^31, or of texts,
 * has an object for each key, and a program of scalars a million of them.
 */
export class Triples {
  /** Hashed: the numbers plus 1. Small at first, as most kernels are. */
  #places = new Int32Array(8);
  #keys = new Int32Array(12);
  #size = 0;

  /** The number of a triple; -1 where it has none. */
  find(a: number, b: number, c: number): number {
    const keys = this.#keys;
    const places = this.#places;
    const last = places.length - 1;
    let at = hashOf(a, b, c) & last;
    for (let known = places[at] as number; known !== 0; known = places[at] as number) {
      const key = 3 * (known - 1);
      if (keys[key] === a && keys[key + 1] === b && keys[key + 2] === c) return known - 1;
      at = (at + 1) & last;
    }
    return -1;
  }

  /** Gives the next number to a triple that has none. */
  add(a: number, b: number, c: number): number {
    const number = this.#size++;
    if (2 * this.#size > this.#places.length) this.#grow();
    const keys = this.#keys;
    keys[3 * number] = a;
    keys[3 * number + 1] = b;
    keys[3 * number + 2] = c;
    this.#place(number, a, b, c);
    return number;
  }

  #place(number: number, a: number, b: number, c: number): void {
    const places = this.#places;
    const last = places.length - 1;
    let at = hashOf(a, b, c) & last;
    while (places[at] !== 0) at = (at + 1) & last;
    places[at] = number + 1;
  }

  #grow(): void {
    const keys = this.#keys;
    this.#places = new Int32Array(4 * this.#places.length);
    this.#keys = new Int32Array(4 * keys.length);
    this.#keys.set(keys);
    for (let i = 0; i < keys.length; i += 3) {
      this.#place(i / 3, keys[i] as number, keys[i + 1] as number, keys[i + 2] as number);
    }
  }
}

function hashOf(a: number, b: number, c: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f);
  return hash ^ (hash >>> 13);
}
