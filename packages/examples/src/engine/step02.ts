/**
 * Step 2: each op knows its own derivative, and no more than that.
 *
 * 2단계: 연산은 저마다 자신의 미분만 압니다.
 * ステップ 2: 演算はそれぞれ、自分の微分だけを知っている。
 *
 * What an op contributes to the chain rule is local: of z = x y it needs x and y, not where they come from or what becomes of z.
 * Given the derivative of some result by z, `dout`, its `backward` gives the derivatives by its inputs:
 * for x + y they are dout and dout, for x y they are dout y and dout x.
 */
import { compare, note, section } from "../support/report.js";

/** For the derivative by the output, those by the inputs. */
type LocalBackward = (dout: number) => readonly number[];

class Value {
  readonly data: number;
  readonly inputs: readonly Value[];
  readonly localBackward: LocalBackward;

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
}

section("z = x y at x = 3, y = 4: dz/dx = y, dz/dy = x");
const z = new Value(3).mul(new Value(4));
const [dx, dy] = z.localBackward(1);
compare("dz/dx", dx, 4);
compare("dz/dy", dy, 3);

section("The same by moving x and y a little: (f(x + h) - f(x - h)) / 2h");
const h = 1e-4;
compare("dz/dx, numerically", ((3 + h) * 4 - (3 - h) * 4) / (2 * h), 4, 1e-9);
compare("dz/dy, numerically", (3 * (4 + h) - 3 * (4 - h)) / (2 * h), 3, 1e-9);
note("Differences need a new computation for each input; the local rule gives both at once, and exactly.");
