/**
 * Free memory behind the buffers that keep their place: the smallest gap that is large enough, else more at the end.
 */
export class Arena {
  end: number;
  private readonly gaps: { start: number; size: number }[] = [];

  constructor(start: number) {
    this.end = start;
  }

  allocate(bytes: number): number {
    let best = -1;
    this.gaps.forEach(({ size }, i) => {
      if (size >= bytes && (best === -1 || size < (this.gaps[best]?.size as number))) best = i;
    });
    const gap = this.gaps[best];
    if (gap !== undefined) {
      const { start } = gap;
      gap.start += bytes;
      gap.size -= bytes;
      if (gap.size === 0) this.gaps.splice(best, 1);
      return start;
    }
    // A gap at the end grows.
    const last = this.gaps[this.gaps.length - 1];
    const start = last !== undefined && last.start + last.size === this.end ? last.start : this.end;
    if (start !== this.end) this.gaps.pop();
    this.end = start + bytes;
    return start;
  }

  free(start: number, size: number): void {
    let at = this.gaps.findIndex((gap) => gap.start > start);
    if (at === -1) at = this.gaps.length;
    const [before, after] = [this.gaps[at - 1], this.gaps[at]];
    const joinsBefore = before !== undefined && before.start + before.size === start;
    const joinsAfter = after !== undefined && start + size === after.start;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.gaps.splice(at, 1);
    } else if (joinsBefore) before.size += size;
    else if (joinsAfter) {
      after.start = start;
      after.size += size;
    } else this.gaps.splice(at, 0, { start, size });
  }
}
