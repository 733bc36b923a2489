import type { Code, Func, Local, Module } from "../../../../wasm/encoder.js";
import { increase } from "../../../../wasm/loops.js";

/** Runs of so many records are sorted by insertion. */
const runLength = 8;

/**
 * A stable merge sort, from the bottom up, of records of 8 or 16 bytes by the signed integer in the first 8.
 * Parameters: the address of the records, that of as much memory beside them, and the number of records. The result is
 * the address, of these two, at which they lie in order.
 */
export function mergeSort(module: Module, record: 8 | 16): Func {
  return module.func({ params: ["i32", "i32", "i32"], results: ["i32"] }, (code, from, spare, count) => {
    const [size, end, width] = [code.local("i32"), code.local("i32"), code.local("i32")];
    code.get(count).i32(record).op("i32.mul").tee(size).get(from).op("i32.add").set(end);
    sortRuns(code, record, from, end);
    code.i32(runLength * record).set(width);
    code.block((done) => {
      code.loop((again) => {
        code.get(width).get(size).op("i32.ge_u").branchIf(done);
        mergeAll(code, record, { from, end, to: spare, width });
        swap(code, from, spare);
        code.get(from).get(size).op("i32.add").set(end);
        code.get(width).i32(1).op("i32.shl").set(width);
        code.branch(again);
      });
    });
    code.get(from);
  });
}

/** Insertion: each record goes in front of the greater ones before it in its run. */
function sortRuns(code: Code, record: 8 | 16, from: Local, end: Local): void {
  const local = () => code.local("i32");
  const [start, stop, at, to] = [local(), local(), local(), local()];
  const [held, key] = [code.local("v128"), code.local("i64")];
  code.get(from).set(start);
  code.block((done) => {
    code.loop((nextRun) => {
      code.get(start).get(end).op("i32.ge_u").branchIf(done);
      least(code, stop, end, () =>
        code
          .get(start)
          .i32(runLength * record)
          .op("i32.add"),
      );
      code.get(start).i32(record).op("i32.add").set(at);
      code.block((sorted) => {
        code.loop((nextRecord) => {
          code.get(at).get(stop).op("i32.ge_u").branchIf(sorted);
          code.get(at).tee(to).memory("i64.load").set(key);
          if (record === 16) code.get(at).memory("v128.load").set(held);
          code.block((placed) => {
            code.loop((up) => {
              code.get(to).get(start).op("i32.le_u").branchIf(placed);
              code
                .get(to)
                .i32(record)
                .op("i32.sub")
                .memory("i64.load")
                .get(key)
                .op("i64.gt_s")
                .op("i32.eqz")
                .branchIf(placed);
              code.get(to);
              increase(code, to, -record);
              code.get(to);
              if (record === 16) code.memory("v128.load").memory("v128.store");
              else code.memory("i64.load").memory("i64.store");
              code.branch(up);
            });
          });
          if (record === 16) code.get(to).get(held).memory("v128.store");
          else code.get(to).get(key).memory("i64.store");
          increase(code, at, record);
          code.branch(nextRecord);
        });
      });
      code.get(stop).set(start).branch(nextRun);
    });
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
  const local = () => code.local("i32");
  const [left, middle, right, stop, out] = [local(), local(), local(), local(), local()];
  const [start, isRight] = [local(), local()];
  code.get(from).set(start).get(to).set(out);
  code.block((done) => {
    code.loop((nextPair) => {
      code.get(start).get(end).op("i32.ge_u").branchIf(done);
      code.get(start).set(left);
      least(code, middle, end, () => code.get(start).get(width).op("i32.add"));
      least(code, stop, end, () => code.get(middle).get(width).op("i32.add"));
      code.get(middle).set(right);
      code.block((exhausted) => {
        code.loop((nextRecord) => {
          code.get(left).get(middle).op("i32.ge_u").branchIf(exhausted);
          code.get(right).get(stop).op("i32.ge_u").branchIf(exhausted);
          // Without a branch: which run has the lesser record is a toss of a coin. Of equal ones the left is first.
          code.get(right).memory("i64.load").get(left).memory("i64.load").op("i64.lt_s").set(isRight);
          code.get(out).get(right).get(left).get(isRight).op("select");
          if (record === 16) code.memory("v128.load").memory("v128.store");
          else code.memory("i64.load").memory("i64.store");
          increase(code, out, record);
          code.get(right).get(isRight).i32(record).op("i32.mul").op("i32.add").set(right);
          code.get(left).i32(record).op("i32.add").get(isRight).i32(record).op("i32.mul").op("i32.sub").set(left);
          code.branch(nextRecord);
        });
      });
      // One of the two is left.
      code.get(out);
      code.get(left).get(right).get(left).get(middle).op("i32.lt_u").op("select");
      code.get(middle).get(left).op("i32.sub").get(stop).get(right).op("i32.sub").op("i32.add").tee(left).memoryCopy();
      code.get(out).get(left).op("i32.add").set(out);
      code.get(stop).set(start).branch(nextPair);
    });
  });
}

/** Sets `target` to the lesser of the limit and what `write` leaves on the stack, unsigned. */
function least(code: Code, target: Local, limit: Local, write: () => void): void {
  write();
  code.set(target);
  code.get(target).get(limit).get(target).get(limit).op("i32.lt_u").op("select").set(target);
}

function swap(code: Code, a: Local, b: Local): void {
  code.get(a).get(b).set(a).set(b);
}
