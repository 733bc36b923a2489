/**
 * Two apples at 100 with 10% tax: the price, and how it changes with each of the three.
 *
 * The graph is built by computing with it; `backward` then walks it from the price back to the leaves.
 */
import { variable } from "@chainrule/core";
import { compare } from "../support/report.js";

const apple = variable(100);
const count = variable(2);
const tax = variable(1.1);

const price = apple.mul(count).mul(tax);
price.backward();

compare("price", price.item(), 220);
compare("d price / d apple", apple.grad?.item(), 2.2);
compare("d price / d count", count.grad?.item(), 110);
compare("d price / d tax", tax.grad?.item(), 200);
