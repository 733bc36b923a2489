/**
 * Two pages to step through: the two apples with tax, and one layer of a network with its loss, forward and backward, node by node.
 *
 * 한 단계씩 따라가는 페이지 두 개: 소비세가 붙은 사과 2개와, 손실까지 붙인 신경망 계층 하나를 노드 하나씩 순전파하고 역전파합니다.
 * 1 ステップずつ進む 2 つのページ: 消費税のかかるリンゴ 2 個と、損失まで含めたネットワークのレイヤ 1 つを、ノードごとに順伝播、逆伝播とたどる。
 *
 * Each is one HTML file that opens in a browser without a network: play, or press the arrows; change an input, and the engine in the
 * page computes the rest again. The local derivatives are the book's: mul turns the values around, sigmoid is y (1 - y).
 */
import { join } from "node:path";
import { type Tensor, tensor, variable } from "@chainrule/core";
import { softmaxWithLoss } from "@chainrule/nn";
import { stepper } from "@chainrule/pages";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { compare, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const save = (name: string, output: Tensor, title: string) =>
  saveFile(join(out, `stepper-${name}.html`), stepper(output, { title }));

section("Two apples at 100 each, with 10% tax");
{
  const apple = variable(100, { name: "apple" });
  const count = variable(2, { name: "count" });
  const tax = variable(1.1, { name: "tax" });
  const price = apple.mul(count).named("apples").mul(tax).named("price");
  price.backward();
  compare("price", price.item(), 220);
  compare("apple", apple.grad?.item(), 2.2);
  compare("count", count.grad?.item(), 110);
  compare("tax", tax.grad?.item(), 200);
  save("apple", price, "Two apples, with tax");
}

section("A layer: Affine, sigmoid, softmax with loss, of two samples");
{
  const x = tensor([[1, 0.5], [-1, 2]]).named("x"); // biome-ignore format: a matrix
  const t = tensor([[1, 0, 0], [0, 0, 1]]).named("t"); // biome-ignore format: a matrix
  const W = variable([[0.1, 0.3, -0.5], [0.2, -0.4, 0.6]], { name: "W" }); // biome-ignore format: a matrix
  const b = variable([0.1, 0.2, 0.3], { name: "b" });
  const y = x.matmul(W).add(b).sigmoid().named("y");
  const loss = softmaxWithLoss(y, t).named("loss");
  loss.backward();
  // softmax with loss gives (softmax(y) - t) / N, sigmoid that times y (1 - y), and b gets its sum over the samples.
  const expected = y.softmax().sub(t).div(2).mul(y).mul(y.neg().add(1)).sum(0).data;
  expected.forEach((source, i) => {
    compare(`db ${i}`, b.grad?.data[i], source, 1e-15);
  });
  save("layer", loss, "A layer of a network, with its loss");
}
