import type { Code, Func, Local, Module, Value } from "../../../../wasm/encoder.js";
import { increase, locals, until } from "../../../../wasm/loops.js";

/** Runs of so many records are sorted by insertion. */
const runLength = 8;

/**
 * A stable merge sort, from the bottom up, of records of 8 or 16 bytes by the signed integer in the first 8.
 * Parameters: the address of the records, that of as much memory beside them, and the number of records. The result is
 * the address, of these two, at which they lie in order.
 */
export function mergeSort(module: Module, record: 8 | 16): Func {
  return module.func({ params: ["i32", "i32", "i32"], results: ["i32"] }, (code, from, spare, count) => {
    const [size, end, width] = locals(code, "i32", 3);
    code.set(size, count.mul(record)).set(end, size.add(from));
    sortRuns(code, record, from, end);
    code.set(width, runLength * record);
    until(code, width.notBelow(size), () => {
      mergeAll(code, record, { from, end, to: spare, width });
      code.get(from).get(spare).set(from).set(spare);
      code.set(end, from.add(size)).set(width, width.shiftLeft(1));
    });
    code.get(from);
  });
}

function copyRecord(code: Code, record: 8 | 16, from: Value, to: Value): void {
  if (record === 16) code.store("v128.store", to, from.load("v128.load"));
  else code.store("i64.store", to, from.load("i64.load"));
}

/** Insertion: each record goes in front of the greater ones before it in its run. */
function sortRuns(code: Code, record: 8 | 16, from: Local, end: Local): void {
  const [start, stop, at, to] = locals(code, "i32", 4);
  const [held, key] = [code.local("v128"), code.local("i64")];
  code.set(start, from);
  until(code, start.notBelow(end), () => {
    least(code, stop, end, start.add(runLength * record));
    code.set(at, start.add(record));
    until(code, at.notBelow(stop), () => {
      code.set(to, at).set(key, at.load("i64.load"));
      if (record === 16) code.set(held, at.load("v128.load"));
      code.block((placed) => {
        code.loop((up) => {
          code.branchIf(placed, to.notAbove(start));
          code.branchIf(placed, to.sub(record).load("i64.load").greater(key).not());
          copyRecord(code, record, to.sub(record), to);
          increase(code, to, -record);
          code.branch(up);
        });
      });
      if (record === 16) code.store("v128.store", to, held);
      else code.store("i64.store", to, key);
      increase(code, at, record);
    });
    code.set(start, stop);
  });
}

interface Merge {
  readonly from: Local;
  readonly end: Local;
  readonly to: Local;
  /** Of the runs that are there, in bytes. */
  readonly width: Local;
}

/** Merges neighbouring runs into memory beside them. */
function mergeAll(code: Code, record: 8 | 16, { from, end, to, width }: Merge): void {
  const [left, middle, right, stop, out] = locals(code, "i32", 5);
  const [start, isRight] = locals(code, "i32", 2);
  code.set(start, from).set(out, to);
  until(code, start.notBelow(end), () => {
    code.set(left, start);
    least(code, middle, end, start.add(width));
    least(code, stop, end, middle.add(width));
    code.set(right, middle);
    code.block((exhausted) => {
      code.loop((nextRecord) => {
        code.branchIf(exhausted, left.notBelow(middle)).branchIf(exhausted, right.notBelow(stop));
        // Without a branch: which run has the lesser record is a toss of a coin. Of equal ones the left is first.
        code.set(isRight, right.load("i64.load").less(left.load("i64.load")));
        copyRecord(code, record, isRight.select(right, left), out);
        increase(code, out, record);
        code.set(right, right.add(isRight.mul(record)));
        code.set(left, left.add(record).sub(isRight.mul(record)));
        code.branch(nextRecord);
      });
    });
    // One of the two is left.
    code.get(out).get(left.below(middle).select(left, right));
    code
      .get(middle.sub(left).add(stop.sub(right)))
      .tee(left)
      .memoryCopy();
    code.set(out, out.add(left)).set(start, stop);
  });
}

/** Sets `target` to the lesser of the limit and a value, unsigned. */
function least(code: Code, target: Local, limit: Local, value: Value): void {
  code.set(target, value).set(target, target.below(limit).select(target, limit));
}
