import { variable } from "@chainrule/core";

const apple = variable(100);
const count = variable(2);
const tax = variable(1.1);

const price = apple.mul(count).mul(tax);
price.backward();

price.item(); // about 220
apple.grad?.item(); // about 2.2
count.grad?.item(); // about 110
tax.grad?.item(); // 200
