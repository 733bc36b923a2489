import { Add, Mul, variable } from "@chainrule/core";

const mulApple = new Mul();
const mulOrange = new Mul();
const addFruit = new Add();
const mulTax = new Mul();

const applePrice = mulApple.forward(100, 2); // 1
const orangePrice = mulOrange.forward(150, 3); // 2
const sum = addFruit.forward(applePrice, orangePrice); // 3
const total = mulTax.forward(sum, 1.1); // 4
console.log("price", total);

const [dSum, dTax] = mulTax.backward(1); // 4
const [dApplePrice, dOrangePrice] = addFruit.backward(dSum); // 3
const [dOrange, dOrangeCount] = mulOrange.backward(dOrangePrice); // 2
const [dApple, dAppleCount] = mulApple.backward(dApplePrice); // 1
console.log({ dApple, dAppleCount, dOrange, dOrangeCount, dTax });

// The same through tensors: the graph remembers the order.
const apple = variable(100);
const apples = variable(2);
const orange = variable(150);
const oranges = variable(3);
const tax = variable(1.1);
const price = apple.mul(apples).add(orange.mul(oranges)).mul(tax);
price.backward();
orange.grad?.item(); // about 3.3
