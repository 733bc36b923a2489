/**
 * Two apples at 100 with 10% tax: the price, and how it changes with each of the three.
 *
 * 100원짜리 사과 2개에 소비세 10%: 지불 금액은 얼마이고, 세 값이 각각 변하면 얼마나 변하는지.
 * 1 個 100 円のリンゴ 2 個に消費税 10%: 支払金額はいくらで、三つの値がそれぞれ変わるとどれだけ変わるか。
 *
 * price = apple x count x tax. The graph is built by computing with it; `backward` then walks it from the price back to the leaves: a
 * product hands on to each factor the derivative that it gets times the other factor.
 */
import { join } from "node:path";
import { variable } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const apple = variable(100, { name: "apple" });
const count = variable(2, { name: "count" });
const tax = variable(1.1, { name: "tax" });

const price = apple.mul(count).mul(tax).named("price");
price.backward();

compare("price", price.item(), 220);
compare("d price / d apple", apple.grad?.item(), 2.2);
compare("d price / d count", count.grad?.item(), 110);
compare("d price / d tax", tax.grad?.item(), 200);
note("An apple that costs 1 more makes the price 2.2 higher; a tax that is 1 higher, that is by 100%, 200.");

section("The graph as a picture: values above the lines, derivatives below");
saveFile(join(out, "apple.svg"), toSvg(price, { title: "Two apples with tax" }));
