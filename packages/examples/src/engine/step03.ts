/**
 * Step 3: the chain rule is an order of calls.
 *
 * 3단계: 연쇄 법칙은 곧 호출 순서입니다.
 * ステップ 3: 連鎖律とは呼び出しの順序である。
 *
 * What one op's `localBackward` gives is the `dout` of the op before it. Called in the reverse of the order in which the ops were
 * computed, the local rules multiply to the derivatives of the whole: dz/dx = dz/dt dt/dx. Here it is done by hand, for the
 * textbook's apples: price = (apple count) tax.
 */
import { compare, note, section } from "../support/report.js";

type LocalBackward = (dout: number) => readonly [number, number];

class Value {
  readonly data: number;
  readonly localBackward: LocalBackward;

  constructor(data: number, localBackward: LocalBackward = () => [0, 0]) {
    this.data = data;
    this.localBackward = localBackward;
  }

  mul(y: Value): Value {
    return new Value(this.data * y.data, (dout) => [dout * y.data, dout * this.data]);
  }
}

const [apple, count, tax] = [new Value(100), new Value(2), new Value(1.1)];

section("Forward: first the apples, then the tax");
const apples = apple.mul(count); // 1
const price = apples.mul(tax); // 2
compare("price", price.data, 220);

section("Backward: first the tax, then the apples");
const [dApples, dTax] = price.localBackward(1); // 2
const [dApple, dCount] = apples.localBackward(dApples); // 1
compare("d price / d apples", dApples, 1.1);
compare("d price / d tax", dTax, 200);
compare("d price / d apple", dApple, 2.2);
compare("d price / d count", dCount, 110);
note("The first call gets 1, since d price / d price is 1. One more apple costs 110, one more unit of its price 2.2.");
