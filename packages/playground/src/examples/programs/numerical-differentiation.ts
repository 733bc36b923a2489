type Scalar = (x: number) => number;

const forward = (f: Scalar, x: number, h: number) => (f(x + h) - f(x)) / h;
const central = (f: Scalar, x: number, h = 1e-4) => (f(x + h) - f(x - h)) / (2 * h);

const f: Scalar = (x) => 0.01 * x ** 2 + 0.1 * x;
central(f, 5); // true: 0.2
central(f, 10); // true: 0.3

forward(f, 5, 1e-50); // 0: so small a step is lost in rounding

// The error at 5 by the step h, as powers of ten.
const steps = Array.from({ length: 49 }, (_, i) => -12 + i / 4);
const error = (slope: number) => Math.log10(Math.abs(slope - Math.exp(5)) + 1e-16);
plot(
  steps,
  {
    "forward difference": steps.map((h) => error(forward(Math.exp, 5, 10 ** h))),
    "central difference": steps.map((h) => error(central(Math.exp, 5, 10 ** h))),
  },
  { title: "Error of the derivative of exp(x) at 5", x: "log10 of h", y: "log10 of the error" },
);

// The tangent at 5.
const xs = Array.from({ length: 81 }, (_, i) => i / 4);
const slope = central(f, 5);
plot(xs, { "f(x)": xs.map(f), tangent: xs.map((x) => f(5) + slope * (x - 5)) }, { title: "f(x) and its tangent at 5" });
