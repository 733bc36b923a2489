/*
 * The value of a formula that is written for people: `x > 0 ? 1 : alpha * (exp(x) - 1)`. A parser by descent, which knows nothing of the
 * engine.
 */

const functions: Readonly<Record<string, (...x: number[]) => number>> = {
  ...Object.fromEntries(
    "exp log sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 floor ceil sign max min"
      .split(" ")
      .map((name) => [name, Math[name as "exp"]]),
  ),
  round: (x = 0) => {
    const below = Math.floor(x);
    return x - below === 0.5 ? 2 * Math.round(below / 2) : Math.round(x);
  },
  sigmoid: (x = 0) => 1 / (1 + Math.exp(-x)),
  erf: (x = 0) => erf(x),
  erfc: (x = 0) => 1 - erf(x),
  isNaN: (x) => Number(Number.isNaN(x)),
  isFinite: (x) => Number(Number.isFinite(x)),
  float16: (x = 0) => {
    const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x) || 1)), -14) - 10);
    return (functions["round"] as (x: number) => number)(x / unit) * unit;
  },
};

/** Its series, for numbers of moderate size. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export function formulaValue(formula: string, letters: Readonly<Record<string, number>>): number {
  const parser = new Parser(formula, { pi: Math.PI, Infinity: Number.POSITIVE_INFINITY, NaN: Number.NaN, ...letters });
  return parser.whole();
}

class Parser {
  private readonly tokens: readonly string[];
  private at = 0;
  private readonly letters: Readonly<Record<string, number>>;

  constructor(formula: string, letters: Readonly<Record<string, number>>) {
    this.tokens = formula.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|[<>=!]=|&&|\|\||\S/g) ?? [];
    this.letters = letters;
  }

  whole(): number {
    const value = this.choice();
    if (this.at < this.tokens.length) throw new Error(`${this.tokens.join(" ")}: ends before ${this.tokens[this.at]}`);
    return value;
  }

  private accept(...tokens: string[]): string | undefined {
    const token = this.tokens[this.at];
    if (token === undefined || !tokens.includes(token)) return undefined;
    this.at++;
    return token;
  }

  private expect(token: string): void {
    if (this.accept(token) === undefined) throw new Error(`${this.tokens.join(" ")}: ${token} expected at ${this.at}`);
  }

  private choice(): number {
    const condition = this.relation();
    if (this.accept("?") === undefined) return condition;
    const yes = this.relation();
    this.expect(":");
    const no = this.choice();
    return condition !== 0 ? yes : no;
  }

  private relation(): number {
    const left = this.sum();
    const sign = this.accept("==", "!=", "<", "<=", ">", ">=", "&&", "||");
    if (sign === undefined) return left;
    const right = this.sum();
    const holds: Record<string, boolean> = {
      "==": left === right,
      "!=": left !== right,
      "<": left < right,
      "<=": left <= right,
      ">": left > right,
      ">=": left >= right,
      "&&": left !== 0 && right !== 0,
      "||": left !== 0 || right !== 0,
    };
    return Number(holds[sign]);
  }

  private sum(): number {
    let value = this.product();
    for (let sign = this.accept("+", "-"); sign !== undefined; sign = this.accept("+", "-")) {
      value += sign === "+" ? this.product() : -this.product();
    }
    return value;
  }

  private product(): number {
    let value = this.signed();
    for (let sign = this.accept("*", "/"); sign !== undefined; sign = this.accept("*", "/")) {
      const next = this.power();
      value = sign === "*" ? value * next : value / next;
    }
    return value;
  }

  /** A sign belongs to what begins with it: none stands behind another one. */
  private signed(): number {
    if (this.accept("-") !== undefined) return -this.power();
    return this.accept("!") === undefined ? this.power() : Number(this.power() === 0);
  }

  private power(): number {
    const base = this.atom();
    return this.accept("^") === undefined ? base : base ** this.atom();
  }

  private atom(): number {
    if (this.accept("(") !== undefined) return this.until(")");
    if (this.accept("|") !== undefined) return Math.abs(this.until("|"));
    const token = this.tokens[this.at++] ?? "";
    if (/^\d/.test(token)) return Number(token);
    if (Object.hasOwn(this.letters, token)) return this.letters[token] as number;
    this.expect("(");
    const inputs = [this.choice()];
    while (this.accept(",") !== undefined) inputs.push(this.choice());
    this.expect(")");
    const f = functions[token];
    if (f === undefined) throw new Error(`${token} is no function`);
    return f(...inputs);
  }

  private until(end: string): number {
    const value = this.choice();
    this.expect(end);
    return value;
  }
}
