/**
 * A gradient check in float32: refused with the reason, coarse when it is allowed, and rounding told from a wrong gradient.
 *
 * float32에서의 기울기 확인: 이유를 밝히며 거절하고, 허용하면 느슨하게 확인하며, 반올림 오차와 틀린 기울기를 구별합니다.
 * float32 での勾配確認: 理由を述べて断り、許可すれば粗く確かめ、丸め誤差と誤った勾配を見分ける。
 *
 * A difference of f over 2 eps has an error of about the rounding of f divided by eps: for float64 1e-16 / 1e-6, for float32
 * 1e-7 / 1e-6, a tenth of the derivative. So float32 takes a wide step and says little; the check is for float64.
 */
import { customOp, DTypeError, gradcheck, type Tensor, tensor } from "@chainrule/core";
import { check, note, section } from "../support/report.js";

const f = (x: Tensor) => x.sin().mul(x).exp();
const x = tensor([0.5, 1.5, -2], { dtype: "float32", name: "x" });

section("As it is");
let refusal = "not refused";
try {
  gradcheck(f, [x]);
} catch (error) {
  if (!(error instanceof DTypeError)) throw error;
  refusal = error.name;
  console.log(`  ${error.message}`);
}
check("float32", refusal, "DTypeError", refusal === "DTypeError");

section("Allowed, with the step that float32 needs");
const coarse = gradcheck(f, [x], { allowFloat32: true });
console.log(coarse.toString());
check("allowed, wide step: kind", coarse.kind, "right", coarse.ok);
check("allowed, wide step: step", coarse.eps, 0.01, coarse.eps === 0.01);

section("Allowed, with the step of float64: noise, and no wrong gradient");
const noisy = gradcheck(f, [x], { allowFloat32: true, eps: 1e-6 });
console.log(noisy.toString());
check("allowed, step of float64: kind", noisy.kind, "precision", noisy.kind === "precision");

section("The same in float64");
const fine = gradcheck(f, [x.cast("float64")], { order: 2 });
check("float64, to second order: kind", fine.kind, "right", fine.ok);

section("A gradient that is 5% off is still found in float32");
const off = customOp("Off", {
  arity: 1,
  shape: (x) => x,
  forward: (out, x) => out.set(x.data),
  backward: [(dout) => dout.mul(1.05)],
});
const wrong = gradcheck((x) => off(x).sin(), [x], { allowFloat32: true });
check("gradient 5% off, float32: kind", wrong.kind, "wrong gradient", wrong.kind === "wrong gradient");
check("culprit", wrong.culprits[0]?.op ?? "none", "Off", wrong.culprits[0]?.op === "Off");
note("float32 is for training. For a check convert to float64, where nine digits can be compared in the place of two.");
