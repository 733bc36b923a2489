/**
 * Step 6: the numbers become arrays, and small ones are repeated to fit: broadcasting.
 *
 * 6단계: 수가 배열이 되고, 작은 배열은 반복되어 크기를 맞춥니다: 브로드캐스트.
 * ステップ 6: 数が配列になり、小さな配列は繰り返されて形状がそろう: ブロードキャスト。
 *
 * A value is now an array of some shape, an op one loop over its elements. [2, 3] + [3] repeats the second for each row. An element
 * that was repeated was used several times, so, as in step 5, its gradients are added: the backward of repeating is a sum, and that of
 * a sum is repeating. From here on the engine stands in a file of its own, lib/engine.ts.
 */
import { check, compare, note, section } from "../support/report.js";
import { tensor } from "./lib/engine.js";

const text = (values: Iterable<number>) => `[${[...values].join(", ")}]`;
const same = (name: string, ours: Iterable<number>, source: readonly number[]) =>
  check(name, text(ours), text(source), text(ours) === text(source));

section("z = the sum of (X + b) X, X of shape [2, 3] and b of shape [3]");
const X = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
const b = tensor([10, 20, 30], [3]);
const shifted = X.add(b);
same("X + b", shifted.data, [11, 22, 33, 14, 25, 36]);
const z = shifted.mul(X).sumTo([]);
z.backward();
compare("z", z.item(), 11 + 44 + 99 + 56 + 125 + 216);
same("dz/dX = 2 X + b", X.grad, [12, 24, 36, 18, 30, 42]);
same("dz/db = the sums of the columns of X", b.grad, [5, 7, 9]);

section("A column and a row give a table, and their gradients are sums along the rows and the columns");
const column = tensor([1, 2], [2, 1]);
const row = tensor([1, 10, 100], [1, 3]);
const table = column.mul(row);
same("the table", table.data, [1, 10, 100, 2, 20, 200]);
table.sumTo([]).backward();
same("by the column", column.grad, [111, 111]);
same("by the row", row.grad, [3, 3, 3]);

section("Sums to a shape: what broadcasting repeats, backwards");
same("X summed to [2, 1]", X.sumTo([2, 1]).data, [6, 15]);
same("X summed to [3]", X.sumTo([3]).data, [5, 7, 9]);
note(
  "A bias is a small array that is repeated for each row of the batch: its gradient is the sum over the batch, for free.",
);
