/**
 * A ReLU layer whose backward writes into the gradient that it was given.
 *
 * 역전파 때 받은 기울기를 제자리에서 고쳐 쓰는 ReLU 계층.
 * 受け取った勾配を、逆伝播でその場で書き換える ReLU レイヤ。
 *
 * The textbook's layer says dout[mask] = 0 and returns dout. That saves an array, and is right as long as nobody else looks at dout.
 * In y = x + relu(x) the addition hands the same dout to both of its inputs: what the ReLU clears is cleared for x itself, too, and
 * dy/dx = 1 + relu'(x) becomes 0 where x is negative.
 */
import { customOp, gradcheck, type Tensor, tensor, variable } from "@chainrule/core";
import { check, note, section } from "../support/report.js";

const text = (values: Iterable<number>) => `[${[...values].join(", ")}]`;
const point = [-1, 2, -3];
const right = "[1, 2, 1]";

section("With plain arrays: dy/dx of y = x + relu(x) at -1, 2, -3");
const reluInPlace = (x: readonly number[], dout: number[]): number[] => {
  x.forEach((value, i) => {
    if (value <= 0) dout[i] = 0;
  });
  return dout;
};
const reluCopied = (x: readonly number[], dout: readonly number[]): number[] =>
  dout.map((d, i) => ((x[i] as number) > 0 ? d : 0));
const through = (relu: (x: readonly number[], dout: number[]) => number[]): string => {
  const dout = [1, 1, 1];
  const [dx, dRelu] = [dout, dout]; // What an addition gives its inputs.
  const fromRelu = relu(point, dRelu);
  return text(dx.map((d, i) => d + (fromRelu[i] as number)));
};
check("backward in place", through(reluInPlace), "[0, 2, 0], which is wrong", through(reluInPlace) === "[0, 2, 0]");
check("backward into a new array", through(reluCopied), right, through(reluCopied) === right);

section("With the engine's own relu");
const x = variable(point, { name: "x" });
x.add(x.relu()).sum().backward();
check("dy/dx", text(x.grad?.data ?? []), right, text(x.grad?.data ?? []) === right);
note(
  "A backward is written in ops, which make new tensors; and what an array of a tensor holds is read-only: dout.data[0] = 0 does",
  "not compile. Whoever forces it, as the op below does, breaks the addition beside it, and the gradient check finds it.",
);

section("An op that writes all the same");
const forced: (x: Tensor) => Tensor = customOp("ReluInPlace", {
  arity: 1,
  shape: (x) => x,
  forward: (out, x) => out.set(Array.from(x.data, (value) => Math.max(value, 0))),
  backward: [
    (dout, x) => {
      for (let i = 0; i < x.size; i++) {
        // @ts-expect-error: the data of a tensor are read-only
        if ((x.data[i] as number) <= 0) dout.data[i] = 0;
      }
      return dout;
    },
  ],
});
const report = gradcheck((x) => x.add(forced(x)), [tensor(point, { name: "x" })]);
console.log(report.toString());
check("kind", report.kind, "wrong gradient", report.kind === "wrong gradient");
const explained = "every node on the way is right by itself";
check("and what it says", explained, explained, report.toString().includes(explained));
note(
  "Each node by itself is right, the sum is not: that is the mark of a gradient that was changed behind the graph's back.",
);
