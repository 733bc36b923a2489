/**
 * Two apples at 100 with 10% tax: the price, and how it changes with each of the three.
 *
 * The graph is built by computing with it; `backward` then walks it from the price back to the leaves.
 */
import { join } from "node:path";
import { variable } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { compare, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const apple = variable(100, { name: "apple price" });
const count = variable(2, { name: "apple count" });
const tax = variable(1.1, { name: "tax" });

const price = apple.mul(count).mul(tax).named("price");
price.backward();

compare("price", price.item(), 220);
compare("d price / d apple", apple.grad?.item(), 2.2);
compare("d price / d count", count.grad?.item(), 110);
compare("d price / d tax", tax.grad?.item(), 200);

section("The graph as a picture: values above the lines, gradients below");
saveFile(join(out, "apple.svg"), toSvg(price));
