/**
 * Affine on inputs of any rank, one-hot and index labels, a vector as a batch of one: all equal to the plain forms.
 *
 * 차원 수가 몇인 입력이든 받는 Affine, 원-핫과 인덱스로 된 레이블, 데이터가 하나뿐인 배치로 보는 벡터: 모두 기본형과 값이 같습니다.
 * 任意の次元数の入力を受ける Affine、one-hot と番号のラベル、データが 1 個のバッチとして扱うベクトル: どれも基本の形と同じ値になる。
 *
 * The textbook's layers take a batch of rows, X W + b, and flatten images [N, C, H, W] to [N, C H W] before; the gradient gets the
 * shape of the input again. Labels are class indices or one-hot rows: y - t is the same.
 */
import { oneHot, Random, type Tensor, tensor, variable } from "@chainrule/core";
import { Affine, normal, SoftmaxWithLoss, softmaxWithLoss } from "@chainrule/nn";
import { check, note, section } from "../support/report.js";

const random = new Random(1);

/** Whether two tensors have the same shape and, to rounding, the same elements. */
function same(name: string, ours: Tensor | null, plain: Tensor | null): void {
  if (ours === null || plain === null) {
    check(name, "no gradient", "a gradient", false);
    return;
  }
  const difference = ours.sub(plain).abs().max().item();
  const shapes = [`[${ours.shape.join(", ")}]`, `[${plain.shape.join(", ")}]`];
  check(
    name,
    `${shapes[0]}, off by ${difference}`,
    `${shapes[1]}, at most 1e-15`,
    shapes[0] === shapes[1] && difference <= 1e-15,
  );
}

section("Affine: an input [2, 3, 4] is flattened to [2, 12], and its gradient has its own shape again");
const affine = new Affine(12, 5, { initializer: normal(), random });
const images = variable(random.normal([2, 3, 4]));
const rows = variable(images.detach().reshape([2, 12]));
const seed = random.normal([2, 5]);

const ofImages = affine.forward(images);
ofImages.backward({ seed });
const fromImages = { W: affine.W.grad, b: affine.b.grad };
affine.W.zeroGrad();
affine.b.zeroGrad();
const ofRows = affine.forward(rows);
ofRows.backward({ seed });

same("output", ofImages, ofRows);
same("gradient of the input", images.grad, rows.grad?.reshape([2, 3, 4]) ?? null);
same("gradient of W", fromImages.W, affine.W.grad);
same("gradient of b", fromImages.b, affine.b.grad);

section("SoftmaxWithLoss: index labels and one-hot labels");
const indices = [3, 0, 9, 3];
const scores = random.normal([4, 10]);
const [byIndex, byOneHot] = [variable(scores), variable(scores)];
const indexLoss = softmaxWithLoss(byIndex, indices);
const oneHotLoss = softmaxWithLoss(byOneHot, oneHot(indices, 10));
indexLoss.backward();
oneHotLoss.backward();
same("index and one-hot labels: loss", indexLoss, oneHotLoss);
same("index and one-hot labels: gradient", byIndex.grad, byOneHot.grad);
same("the closed form (softmax - t) / N", byIndex.grad, scores.softmax().sub(oneHot(indices, 10)).div(4));

section("A batch of one, given as a vector");
const vector = variable(random.normal([12]));
const matrix = variable(vector.detach().reshape([1, 12]));
const ofVector = affine.forward(vector);
const ofMatrix = affine.forward(matrix);
same("a vector: output of Affine", ofVector, ofMatrix.reshape([5]));
const vectorLoss = softmaxWithLoss(ofVector, 2);
const matrixLoss = softmaxWithLoss(ofMatrix, [2]);
vectorLoss.backward();
matrixLoss.backward();
same("a vector: loss", vectorLoss, matrixLoss);
same("a vector: loss, one-hot label", softmaxWithLoss(ofVector, oneHot(2, 5)), matrixLoss);
same("a vector: gradient of the input", vector.grad, matrix.grad?.reshape([12]) ?? null);

section("The node alone, as in the textbook");
const node = new SoftmaxWithLoss();
const loss = node.forward(scores, oneHot(indices, 10));
const [dScores] = node.backward(tensor(1));
same("the node: loss", loss, oneHotLoss);
same("the node: gradient", dScores ?? null, byOneHot.grad);
note(
  "So a program can pass images as they are, labels as they stand in the file, and a single example without brackets.",
);
