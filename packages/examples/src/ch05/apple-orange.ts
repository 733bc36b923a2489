/**
 * Two apples and three oranges with tax: local nodes, forward in calls 1 to 4, backward in calls 4 to 1.
 *
 * 사과 2개와 귤 3개에 소비세: 노드를 하나씩, 순전파는 1번부터 4번까지, 역전파는 4번부터 1번까지 호출합니다.
 * リンゴ 2 個とミカン 3 個に消費税: ノードを一つずつ、順伝播は 1 番から 4 番へ、逆伝播は 4 番から 1 番へ呼ぶ。
 *
 * price = (apple x apple count + orange x orange count) x tax. Each node knows only its own inputs. The chain rule is the order of the
 * calls: what one node's `backward` gives is what the node before it gets. At the end the same through tensors, where the graph
 * remembers that order by itself.
 */
import { join } from "node:path";
import { Add, Mul, variable } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const apple = 100;
const appleCount = 2;
const orange = 150;
const orangeCount = 3;
const tax = 1.1;

const mulApple = new Mul();
const mulOrange = new Mul();
const addFruit = new Add();
const mulTax = new Mul();

section("Forward");
const applePrice = mulApple.forward(apple, appleCount); // 1
const orangePrice = mulOrange.forward(orange, orangeCount); // 2
const sum = addFruit.forward(applePrice, orangePrice); // 3
const price = mulTax.forward(sum, tax); // 4

compare("price of the apples", applePrice, 200);
compare("price of the oranges", orangePrice, 450);
compare("sum", sum, 650);
compare("price", price, 715);

section("Backward");
const [dSum, dTax] = mulTax.backward(1); // 4
const [dApplePrice, dOrangePrice] = addFruit.backward(dSum); // 3
const [dOrange, dOrangeCount] = mulOrange.backward(dOrangePrice); // 2
const [dApple, dAppleCount] = mulApple.backward(dApplePrice); // 1

compare("d apple", dApple, 2.2);
compare("d apple count", dAppleCount, 110);
compare("d orange", dOrange, 3.3);
compare("d orange count", dOrangeCount, 165);
compare("d tax", dTax, 650);

section("The same through tensors");
const a = variable(apple, { name: "apple" });
const na = variable(appleCount, { name: "apple count" });
const o = variable(orange, { name: "orange" });
const no = variable(orangeCount, { name: "orange count" });
const t = variable(tax, { name: "tax" });
const apples = a.mul(na);
const oranges = o.mul(no);
const both = apples.add(oranges);
const total = both.mul(t).named("price");
total.backward();

compare("tensors: price of the apples", apples.item(), 200);
compare("tensors: price of the oranges", oranges.item(), 450);
compare("tensors: sum", both.item(), 650);
compare("tensors: price", total.item(), 715);
compare("tensors: d sum", both.grad?.item(), 1.1);
compare("tensors: d apple", a.grad?.item(), 2.2);
compare("tensors: d apple count", na.grad?.item(), 110);
compare("tensors: d orange", o.grad?.item(), 3.3);
compare("tensors: d orange count", no.grad?.item(), 165);
compare("tensors: d tax", t.grad?.item(), 650);

note(
  "The addition hands 1.1 on to both fruits; each product gives its inputs the value of the other one, times what it got.",
);

section("The graph as a picture: values above the lines, derivatives below");
saveFile(join(out, "apple-orange.svg"), toSvg(total, { title: "Two apples and three oranges with tax" }));
