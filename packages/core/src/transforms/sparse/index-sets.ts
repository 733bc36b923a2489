/** Sets of indices, each by a number: 0 is the empty one. Equal unions of the same two are one. */
export class IndexSets {
  private readonly members: Int32Array[] = [new Int32Array(0)];
  /** By both sets, in one number. */
  private readonly unions = new Map<number, number>();
  /** By index: the last union that it went into. */
  private readonly marks: Int32Array;
  private mark = 0;

  /** @param size how many indices there are */
  constructor(size: number) {
    this.marks = new Int32Array(size);
  }

  /** The sets of one index each, in order. */
  singles(): Int32Array {
    return Int32Array.from(this.marks, (_, i) => this.members.push(Int32Array.of(i)) - 1);
  }

  /** What is in a set, in order. */
  of(set: number): Int32Array {
    return this.members[set] as Int32Array;
  }

  union(a: number, b: number): number {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    const [low, high] = a < b ? [a, b] : [b, a];
    const key = low * 2 ** 26 + high;
    const known = this.unions.get(key);
    if (known !== undefined) return known;
    const made = this.made([low, high]);
    this.unions.set(key, made);
    return made;
  }

  /** The union of any number of sets. */
  unionOf(sets: Iterable<number>): number {
    const own = new Set(sets);
    own.delete(0);
    const [first = 0, second = 0] = own;
    return own.size <= 2 ? this.union(first, second) : this.made([...own]);
  }

  private made(sets: readonly number[]): number {
    this.mark++;
    const { mark } = this;
    const all: number[] = [];
    let largest = 0;
    for (const set of sets) {
      if (this.of(set).length > this.of(largest).length) largest = set;
      for (const index of this.of(set)) {
        if (this.marks[index] === mark) continue;
        this.marks[index] = mark;
        all.push(index);
      }
    }
    // One that holds the others is the union.
    if (all.length === this.of(largest).length) return largest;
    return this.members.push(Int32Array.from(all).sort()) - 1;
  }
}
