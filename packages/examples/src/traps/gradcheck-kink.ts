/**
 * A gradient check tells a kink from a wrong gradient: relu at 0, |x| near 0, and a gradient that no side of the kink has.
 *
 * 기울기 확인은 꺾인 점과 틀린 기울기를 구별합니다: 0에서의 relu, 0 근처의 |x|, 그리고 꺾인 점의 어느 쪽에도 없는 기울기.
 * 勾配確認は折れ目と誤った勾配を見分ける: 0 での relu、0 の近くの |x|、そして折れ目のどちら側のものでもない勾配。
 *
 * At a kink there is no derivative: the slopes to the left and to the right differ, and each number between them is as good
 * as another. Differences then agree with none of them, and the check says why instead of blaming the gradient.
 */
import { elementwise, gradcheck, type Tensor, tensor } from "@chainrule/core";
import { check, compare, note, section } from "../support/report.js";

section("relu at 1, 0 and -1");
const relu = gradcheck((x) => x.relu(), [tensor([1, 0, -1], { name: "x" })]);
console.log(relu.toString());
const worst = relu.inputs[0]?.worst;
check("relu at 1, 0, -1: kind", relu.kind, "kink", relu.kind === "kink");
check("element", String(worst?.index), "1", worst?.index?.[0] === 1);
compare("gradient (by convention 0)", worst?.analytic, 0, 0);
compare("slope on the left", worst?.slopes[0], 0, 1e-9);
compare("slope on the right", worst?.slopes[1], 1, 1e-9);

section("|x| at 0.0000003, nearer to the kink than eps");
const near = gradcheck((x) => x.abs(), [3e-7]);
check("|x| near 0: kind", near.kind, "kink", near.kind === "kink");
compare("gradient", near.inputs[0]?.worst?.analytic, 1, 0);
compare("numerical: part of the way is on the other side", near.inputs[0]?.worst?.numerical, 0.3, 1e-6);

section("Away from the kink");
const away = gradcheck((x) => x.relu(), [tensor([1, 0.01, -1])]);
check("away from the kink: kind", away.kind, "right", away.ok);

section("A gradient of 7 where the slopes are 0 and 1");
const sevenfold: (x: Tensor) => Tensor = elementwise("Sevenfold", {
  forward: (k, x) => k.max(x, 0),
  backward: [(k, dout) => k.mul(dout, 7)],
});
const wrong = gradcheck(sevenfold, [0]);
check("a gradient of 7: kind", wrong.kind, "wrong gradient", wrong.kind === "wrong gradient");
check("culprit", wrong.culprits[0]?.op ?? "none", "Sevenfold", wrong.culprits[0]?.op === "Sevenfold");
note('At a kink take another point, or live with it: the check says "kink", and blames no gradient.');
