/**
 * Step 5: a value that is used twice gets a gradient from each use, and they are added.
 *
 * 5단계: 두 번 쓰인 값은 쓰인 곳마다 기울기를 받아 모두 더합니다.
 * ステップ 5: 2 回使われた値は、使われた箇所ごとに勾配を受け取り、それらを足し合わせる。
 *
 * If x goes into f and g, and z is made of both, then dz/dx = dz/df df/dx + dz/dg dg/dx. Step 4 wrote `grad = ...`, which keeps
 * only the last one: of y = x x it says x, where 2 x is right. `grad += ...` is all that is missing; and so that the next backward
 * does not add to the last one's, gradients are set to 0 before it.
 */
import { check, compare, note, section } from "../support/report.js";

type LocalBackward = (dout: number) => readonly number[];

class Value {
  readonly data: number;
  readonly inputs: readonly Value[];
  readonly localBackward: LocalBackward;
  grad = 0;

  constructor(data: number, inputs: readonly Value[] = [], localBackward: LocalBackward = () => []) {
    this.data = data;
    this.inputs = inputs;
    this.localBackward = localBackward;
  }

  add(y: Value): Value {
    return new Value(this.data + y.data, [this, y], (dout) => [dout, dout]);
  }

  mul(y: Value): Value {
    return new Value(this.data * y.data, [this, y], (dout) => [dout * y.data, dout * this.data]);
  }

  /** @param collect how a gradient comes to those that are there */
  backward(collect: (before: number, gradient: number) => number = (before, gradient) => before + gradient): void {
    const values = inOrder(this).reverse();
    for (const value of values) value.grad = 0;
    this.grad = 1;
    for (const value of values) {
      const gradients = value.localBackward(value.grad);
      value.inputs.forEach((input, i) => {
        input.grad = collect(input.grad, gradients[i] as number);
      });
    }
  }
}

function inOrder(value: Value, seen: Set<Value> = new Set()): Value[] {
  if (seen.has(value)) return [];
  seen.add(value);
  return [...value.inputs.flatMap((input) => inOrder(input, seen)), value];
}

section("y = x x at 3: dy/dx = 6");
const x = new Value(3);
const y = x.mul(x);
y.backward((_before, gradient) => gradient);
check("with grad = ..., as in step 4", x.grad, "3, which is wrong", x.grad === 3);
y.backward();
compare("with grad += ...", x.grad, 6);
y.backward();
compare("and once more: gradients begin at 0", x.grad, 6);

section("z = (x + y) (x + y) + x y at x = 3, y = 4: dz/dx = 2 (x + y) + y, dz/dy = 2 (x + y) + x");
const [a, b] = [new Value(3), new Value(4)];
const sum = a.add(b);
const z = sum.mul(sum).add(a.mul(b));
z.backward();
compare("z", z.data, 61);
compare("dz/dx", a.grad, 18);
compare("dz/dy", b.grad, 17);
note("This is a complete engine for scalars, in less than 50 lines. What follows makes its numbers arrays.");
