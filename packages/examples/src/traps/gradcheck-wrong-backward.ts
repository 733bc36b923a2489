/**
 * A gradient check finds the one wrong backward among fifty right ones, and names its node.
 *
 * 기울기 확인이 맞는 역전파 쉰 개 가운데 틀린 하나를 찾아 그 노드의 이름을 댑니다.
 * 勾配確認が、正しい逆伝播五十個の中から誤った一つを見つけ、そのノードの名前を挙げる。
 *
 * An op of one's own, x^3, whose backward says 2 x^2, stands in the middle of a deep function. The gradient of the whole is
 * wrong by a third; each node by itself, its backward against differences of its own forward, tells which one it is.
 */
import { customOp, gradcheck, Random, type Tensor } from "@chainrule/core";
import { check, compare, note, section } from "../support/report.js";

const cube = (factor: number) =>
  customOp("Cube", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set(Array.from(x.data, (value) => value ** 3)),
    backward: [(dout, x) => dout.mul(x.square().mul(factor))],
  });

function deep(op: (x: Tensor) => Tensor): (x: Tensor, w: Tensor) => Tensor {
  return (x, w) => {
    let y = x.matmul(w);
    for (let i = 0; i < 24; i++)
      y = i === 12 ? op(y.add(1)) : i % 2 === 0 ? y.sin().mul(0.2).add(y) : y.softplus().sub(0.5);
    return y.mean();
  };
}

const random = new Random(1);
const inputs = [random.normal([3, 4]).named("x"), random.normal([4, 2]).named("w")] as const;

section("The wrong backward, 2 x^2");
const wrong = gradcheck(deep(cube(2)), inputs);
console.log(wrong.toString());
const [culprit] = wrong.culprits;
check("kind", wrong.kind, "wrong gradient", wrong.kind === "wrong gradient");
check("nodes found wrong by themselves", wrong.culprits.length, 1, wrong.culprits.length === 1);
check("its op", culprit?.op ?? "none", "Cube", culprit?.op === "Cube");
check("nodes that were checked", culprit?.nodes ?? 0, "more than 50", (culprit?.nodes ?? 0) > 50);
compare("its gradient / that of its own forward (2 / 3)", culprit && culprit.analytic / culprit.numerical, 2 / 3, 1e-5);

section("The right backward, 3 x^2");
const right = gradcheck(deep(cube(3)), inputs, { order: 2 });
console.log(right.toString());
check("kind, second derivatives included", right.kind, "right", right.ok);
note("Training with the wrong backward would have worked, only worse; no other test would have found it.");
