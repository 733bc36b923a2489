/**
 * Step 4: the graph finds the order of the calls by itself.
 *
 * 4단계: 그래프가 호출 순서를 스스로 찾습니다.
 * ステップ 4: 呼び出しの順序をグラフが自分で見つける。
 *
 * A value's `localBackward` may be called when all that was made of the value has been. Listing the inputs of a value before the value
 * itself, each value once, gives an order in which every input stands before what uses it, a topological order: backward goes
 * through it from its end. The derivatives are kept in `grad`.
 */
import { check, compare, note, section } from "../support/report.js";

type LocalBackward = (dout: number) => readonly number[];

class Value {
  readonly data: number;
  readonly inputs: readonly Value[];
  readonly localBackward: LocalBackward;
  name = "";
  grad = 0;

  constructor(data: number, inputs: readonly Value[] = [], localBackward: LocalBackward = () => []) {
    this.data = data;
    this.inputs = inputs;
    this.localBackward = localBackward;
  }

  named(name: string): this {
    this.name = name;
    return this;
  }

  add(y: Value): Value {
    return new Value(this.data + y.data, [this, y], (dout) => [dout, dout]);
  }

  mul(y: Value): Value {
    return new Value(this.data * y.data, [this, y], (dout) => [dout * y.data, dout * this.data]);
  }

  backward(): void {
    this.grad = 1;
    for (const value of inOrder(this).reverse()) {
      const gradients = value.localBackward(value.grad);
      value.inputs.forEach((input, i) => {
        input.grad = gradients[i] as number;
      });
    }
  }
}

/** All that a value depends on, and itself: inputs before what uses them. */
function inOrder(value: Value, seen: Set<Value> = new Set()): Value[] {
  if (seen.has(value)) return [];
  seen.add(value);
  return [...value.inputs.flatMap((input) => inOrder(input, seen)), value];
}

const [apple, appleCount] = [new Value(100).named("apple"), new Value(2).named("apple count")];
const [orange, orangeCount] = [new Value(150).named("orange"), new Value(3).named("orange count")];
const tax = new Value(1.1).named("tax");
const apples = apple.mul(appleCount).named("apples");
const oranges = orange.mul(orangeCount).named("oranges");
const price = apples.add(oranges).named("sum").mul(tax).named("price");
price.backward();

section("Apples and oranges: one call");
compare("price", price.data, 715);
for (const [value, source] of [
  [apple, 2.2],
  [appleCount, 110],
  [orange, 3.3],
  [orangeCount, 165],
  [tax, 650],
] as const) {
  compare(`d price / d ${value.name}`, value.grad, source);
}
const order = inOrder(price).map(({ name }) => name);
console.log(`  in order: ${order.join(", ")}`);
const isOrdered = inOrder(price).every((value, i, all) => value.inputs.every((input) => all.indexOf(input) < i));
check("every input stands before what uses it", String(isOrdered), "true", isOrdered);
note("Nothing but the formula was written: the calls 4 to 1 of the textbook's exercise come from the graph.");
