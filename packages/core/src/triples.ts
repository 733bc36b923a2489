/**
 * A map from three integers of 32 bits each. A `Map` of numbers above 2^31, or of texts, has an object for each key, and a program
 * of scalars a million of them.
 */
export class Triples<V> {
  #keys = new Int32Array(3 * 64);
  #values = new Array<V | undefined>(64).fill(undefined);
  #size = 0;

  get(a: number, b: number, c: number): V | undefined {
    return this.#values[this.#placeOf(a, b, c)];
  }

  set(a: number, b: number, c: number, value: V): void {
    const place = this.#placeOf(a, b, c);
    if (this.#values[place] === undefined) this.#size++;
    this.#put(place, a, b, c, value);
    if (2 * this.#size > this.#values.length) this.#grow();
  }

  #placeOf(a: number, b: number, c: number): number {
    const keys = this.#keys;
    const last = this.#values.length - 1;
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f);
    let place = (hash ^ (hash >>> 13)) & last;
    while (
      this.#values[place] !== undefined &&
      (keys[3 * place] !== a || keys[3 * place + 1] !== b || keys[3 * place + 2] !== c)
    ) {
      place = (place + 1) & last;
    }
    return place;
  }

  #put(place: number, a: number, b: number, c: number, value: V): void {
    this.#keys[3 * place] = a;
    this.#keys[3 * place + 1] = b;
    this.#keys[3 * place + 2] = c;
    this.#values[place] = value;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Int32Array(2 * keys.length);
    this.#values = new Array<V | undefined>(2 * values.length).fill(undefined);
    values.forEach((value, i) => {
      if (value === undefined) return;
      const [a, b, c] = [keys[3 * i] as number, keys[3 * i + 1] as number, keys[3 * i + 2] as number];
      this.#put(this.#placeOf(a, b, c), a, b, c, value);
    });
  }
}
