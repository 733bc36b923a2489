/**
 * Step 1: a value that knows its parents.
 *
 * 1단계: 부모를 아는 값.
 * ステップ 1: 親を知っている値。
 *
 * A number in a program forgets where it came from. A `Value` keeps it: the op that made it, and the values that went into the op,
 * its inputs. Computing with values therefore builds a graph, and nobody has to write the graph down: z = x y + x.
 */
import { check, compare, note, section } from "../support/report.js";

class Value {
  readonly data: number;
  readonly op: string;
  readonly inputs: readonly Value[];

  constructor(data: number, op = "", inputs: readonly Value[] = []) {
    this.data = data;
    this.op = op;
    this.inputs = inputs;
  }

  add(y: Value): Value {
    return new Value(this.data + y.data, "+", [this, y]);
  }

  mul(y: Value): Value {
    return new Value(this.data * y.data, "*", [this, y]);
  }

  /** The formula that the value was computed by. */
  toString(): string {
    return this.op === "" ? String(this.data) : `(${this.inputs.join(` ${this.op} `)})`;
  }
}

const x = new Value(3);
const y = new Value(4);
const z = x.mul(y).add(x);

section("z = x y + x at x = 3, y = 4");
compare("z", z.data, 15);
check("what z was computed by", String(z), "((3 * 4) + 3)", String(z) === "((3 * 4) + 3)");
check("its second input is x itself", String(z.inputs[1] === x), "true", z.inputs[1] === x);
note("The graph is there, though only formulas were written: from z one comes to all that it depends on.");
