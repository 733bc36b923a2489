import type { Arithmetic, Formula } from "../../graph/arithmetic.js";
import {
  add,
  call,
  choice,
  divide,
  type Expression,
  multiply,
  negate,
  number,
  power,
  raise,
  relation,
  subtract,
} from "./expression.js";
import { plain, ruleOf } from "./plain.js";

type Operand = Expression | number;

function expression(x: Operand): Expression {
  return typeof x === "number" ? number(x) : x;
}

function binary(make: (x: Expression, y: Expression) => Expression): (x: Operand, y: Operand) => Expression {
  return (x, y) => make(expression(x), expression(y));
}

const unary = (name: string) => (x: Expression) => call(name, x);

class Symbolic implements Arithmetic<Expression> {
  add = binary(add);
  sub = binary(subtract);
  mul = binary(multiply);
  div = binary(divide);
  pow = binary(power);
  max = binary((x, y) => call("max", x, y));
  min = binary((x, y) => call("min", x, y));
  equal = binary((x, y) => relation(x, "==", y));
  notEqual = binary((x, y) => relation(x, "!=", y));
  less = binary((x, y) => relation(x, "<", y));
  lessEqual = binary((x, y) => relation(x, "<=", y));
  greater = binary((x, y) => relation(x, ">", y));
  greaterEqual = binary((x, y) => relation(x, ">=", y));
  select = (condition: Expression, x: Operand, y: Operand) => choice(condition, expression(x), expression(y));
  of = (op: Parameters<typeof ruleOf>[0], ...inputs: Expression[]): Expression => {
    const { name, rule } = ruleOf(op);
    return (plain[name]?.forward ?? rule.forward)<Expression>(this, ...inputs);
  };
  inDoubles = (formula: Formula, ...operands: Expression[]) => formula<Expression>(this, ...operands);
  atan2 = binary((y, x) => call("atan2", y, x));
  hypot = binary((x, y) => raise(add(raise(x, 2), raise(y, 2)), 0.5));
  mod = binary((x, y) => subtract(x, multiply(call("floor", divide(x, y)), y)));
  neg = negate;
  abs = unary("abs");
  sign = unary("sign");
  floor = unary("floor");
  ceil = unary("ceil");
  round = unary("round");
  sqrt = (x: Expression) => raise(x, 0.5);
  exp = unary("exp");
  expm1 = (x: Expression) => subtract(call("exp", x), number(1));
  log = unary("log");
  log1p = (x: Expression) => call("log", add(number(1), x));
  sin = unary("sin");
  cos = unary("cos");
  tan = unary("tan");
  asin = unary("asin");
  acos = unary("acos");
  atan = unary("atan");
  sinh = unary("sinh");
  cosh = unary("cosh");
  tanh = unary("tanh");
  asinh = unary("asinh");
  acosh = unary("acosh");
  atanh = unary("atanh");
  erf = unary("erf");
  erfc = unary("erfc");
  sigmoid = unary("sigmoid");
  sigmoidSlope = (_x: Expression, z: Expression) => multiply(z, subtract(number(1), z));
  tanhSlope = (_x: Expression, z: Expression) => subtract(number(1), raise(z, 2));
}

/** The arithmetic over expressions: of the rule of an elementwise op it makes the formula that is written for it. */
export const symbolic: Arithmetic<Expression> = new Symbolic();
