import type { FormulaText, Node } from "../../graph/node.js";
import { formatShape } from "../../shape/shape.js";

type Entry = FormulaText | ((node: Node) => FormulaText);

/** Behind what an op is applied to, its settings: `sum(x, axis: 0)`. */
function settings(node: Node, ...names: string[]): string {
  const given = node.attributes();
  return names
    .filter((name) => given[name] !== undefined)
    .map((name) => {
      const value = given[name];
      return `, ${name}: ${Array.isArray(value) ? formatShape(value as number[]) : String(value)}`;
    })
    .join("");
}

/** The shape of an input, in words where the node is in no graph. */
function shapeOf(node: Node, i: number, letter: string): string {
  return i < node.arity ? formatShape(node.input(i).shape) : `shape of ${letter}`;
}

function reduction(node: Node, name: string, gradient: string | null): FormulaText {
  return ["x z", `${name}(x${settings(node, "axis", "ord", "correction")})`, gradient];
}

/** The same elements under another shape. */
function reshaped(node: Node, name: string, setting: string): FormulaText {
  return ["x z", `${name}(x${settings(node, setting)})`, `reshape(dz, ${shapeOf(node, 0, "x")})`];
}

function windows(node: Node, name: string, gradient: string | null): FormulaText {
  return ["x z", `${name}(x${settings(node, "kernel", "stride", "padding", "outputSize")})`, gradient];
}

/** Letters for as many inputs as there are: x1, x2, ... */
function joined(node: Node, name: string): FormulaText {
  const inputs = Array.from({ length: node.arity || 2 }, (_, i) => `x${i + 1}`);
  return [
    `${inputs.join(" ")} z`,
    `${name}(${inputs.join(", ")}${settings(node, "axis")})`,
    ...inputs.map((input) => `slice(dz) where ${input} stands`),
  ];
}

function product(node: Node): FormulaText {
  const { transposeA, transposeB } = node.attributes();
  const [a, b] = [transposeA ? "Aᵀ" : "A", transposeB ? "Bᵀ" : "B"];
  return [
    "A B C",
    `${a} ${b}`,
    transposeA ? `${transposeB ? "Bᵀ" : "B"} dCᵀ` : `dC ${transposeB ? "B" : "Bᵀ"}`,
    transposeB ? `dCᵀ ${transposeA ? "Aᵀ" : "A"}` : `${transposeA ? "A" : "Aᵀ"} dC`,
  ];
}

/** A convolution or its adjoint, each of which gives the other's gradient, with a bias or without. */
function convolution(node: Node, name: string, adjoint: string, weights: string): FormulaText {
  const inputs = `${adjoint}(dy, w)`;
  if (node.arity === 2) return ["x w y", `${name}(x, w)`, inputs, weights];
  return ["x w b y", `${name}(x, w) + b`, inputs, weights, "sum(dy)"];
}

function norm(node: Node): FormulaText {
  const axis = settings(node, "axis");
  const { ord } = node.attributes();
  if (ord === 1) return ["x z", `sum(|x|${axis})`, "dz * sign(x)"];
  if (ord === 2) return ["x z", `sqrt(sum(x^2${axis}))`, "dz * x / z"];
  return ["x z", `max(|x|${axis})`, "|x| == z ? dz * sign(x) / count(|x| == z) : 0"];
}

/** From the mean, or from 0. */
function deviations(node: Node): string {
  return node.attributes()["center"] ? "(x - mean(x))" : "x";
}

/** By the name of the op, without the number of axes that it slides over. */
export const formulas: Readonly<Record<string, Entry>> = {
  // Reductions.
  Sum: (node) => reduction(node, "sum", "broadcast(dz)"),
  Mean: (node) => reduction(node, "mean", "broadcast(dz) / n"),
  Prod: (node) => reduction(node, "prod", "dz * z / x"),
  Max: (node) => reduction(node, "max", "x == z ? dz / count(x == z) : 0"),
  Min: (node) => reduction(node, "min", "x == z ? dz / count(x == z) : 0"),
  LogSumExp: (node) => ["x z", `log(sum(exp(x)${settings(node, "axis")}))`, "dz * exp(x - z)"],
  Norm: norm,
  Variance: (node) => reduction(node, "variance", "dz * 2 * (x - mean(x)) / (n - correction)"),
  Std: (node) => reduction(node, "std", "dz * (x - mean(x)) / ((n - correction) * z)"),
  ArgMax: (node) => reduction(node, "argMax", null),
  ArgMin: (node) => reduction(node, "argMin", null),
  Any: (node) => reduction(node, "any", null),
  All: (node) => reduction(node, "all", null),
  Count: (node) => reduction(node, "count", null),
  // Along an axis, of the same shape.
  Softmax: (node) => ["x z", `exp(x) / sum(exp(x)${settings(node, "axis")})`, "z * (dz - sum(z * dz))"],
  LogSoftmax: (node) => ["x z", `x - log(sum(exp(x)${settings(node, "axis")}))`, "dz - exp(z) * sum(dz)"],
  Cumsum: (node) => [
    "x z",
    `cumsum(x${settings(node, "axis", "reverse", "exclusive")})`,
    "cumsum(dz), from the other end",
  ],
  Cumprod: (node) => [
    "x z",
    `cumprod(x${settings(node, "axis", "reverse", "exclusive")})`,
    "cumsum(dz * z) / x, from the other end",
  ],
  LinearScan: ["a b y", "linearScan(a, b)", "db * y", "linearScan(a, dy), from the other end"],
  ArgSort: (node) => ["x z", `argSort(x${settings(node, "axis", "descending")})`, null],
  Center: ["x z", "(x - mean(x)) / divisor", "(dz - mean(dz)) / divisor"],
  Standardize: (node) => [
    "x z",
    `${deviations(node)} / deviation(x)`,
    `(${node.attributes()["center"] ? "dz - mean(dz)" : "dz"} - z * sum(dz * z) / freedom) / deviation(x)`,
  ],
  Deviation: (node) => [
    "x z",
    `sqrt(sum(${deviations(node)}^2) / freedom + eps)`,
    `dz * ${deviations(node)} / (freedom * z)`,
  ],
  // Products.
  MatMul: product,
  MaskedMatMul: (node) => {
    const isTransposed = node.attributes()["transposeA"] === true;
    return [
      "A B M C",
      `(M ? A : 0)${isTransposed ? "ᵀ" : ""} B`,
      `M ? ${isTransposed ? "B dCᵀ" : "dC Bᵀ"} : 0`,
      `(M ? A : 0)${isTransposed ? "" : "ᵀ"} dC`,
      null,
    ];
  },
  SampledMatMul: ["A B M C", "M ? A Bᵀ : 0", "(M ? dC : 0) B", "(M ? dC : 0)ᵀ A", null],
  // Shapes.
  Reshape: (node) => reshaped(node, "reshape", "shape"),
  ExpandDims: (node) => reshaped(node, "expandDims", "axis"),
  Squeeze: (node) => reshaped(node, "squeeze", "axis"),
  BroadcastTo: (node) => ["x z", `broadcastTo(x${settings(node, "shape")})`, `sumTo(dz, ${shapeOf(node, 0, "x")})`],
  Transpose: (node) =>
    node.attributes()["order"] === undefined
      ? ["x z", "xᵀ", "dzᵀ"]
      : ["x z", `transpose(x${settings(node, "order")})`, "transpose(dz), back to the order of x"],
  Slice: (node) => ["x z", `slice(x${settings(node, "ranges")})`, `unslice(dz${settings(node, "ranges")})`],
  Unslice: (node) => ["x z", `unslice(x${settings(node, "ranges")})`, `slice(dz${settings(node, "ranges")})`],
  Pad: (node) => ["x z", `pad(x${settings(node, "widths", "value")})`, "slice(dz)"],
  Concat: (node) => joined(node, "concat"),
  Stack: (node) => joined(node, "stack"),
  Cast: (node) => ["x z", `cast(x${settings(node, "dtype")})`, "cast(dz, dtype of x)"],
  // By index.
  Take: (node) => ["x i z", `take(x, i${settings(node, "axis")})`, "indexAdd(dz, i)", null],
  IndexAdd: (node) => ["x i z", `indexAdd(x, i${settings(node, "axis")})`, "take(dz, i)", null],
  Gather: (node) => ["x i z", `gather(x, i${settings(node, "axis")})`, "scatterAdd(dz, i)", null],
  ScatterAdd: (node) => ["x i z", `scatterAdd(x, i${settings(node, "axis")})`, "gather(dz, i)", null],
  OneHot: (node) => ["i z", `oneHot(i${settings(node, "classes")})`, null],
  Bincount: (node) => ["i z", `bincount(i${settings(node, "length")})`, null],
  // Windows.
  Conv: (node) => convolution(node, "conv", "convTranspose", "convWeights(x, dy)"),
  ConvTranspose: (node) => convolution(node, "convTranspose", "conv", "convWeights(dy, x)"),
  ConvWeights: ["x y w", "convWeights(x, y)", "convTranspose(y, dw)", "conv(x, dw)"],
  Im2col: (node) => windows(node, "im2col", "col2im(dz)"),
  Col2im: (node) => windows(node, "col2im", "im2col(dz)"),
  MaxPool: (node) => windows(node, "maxPool", "maxUnpool(dz, argMaxPool(x))"),
  ArgMaxPool: (node) => windows(node, "argMaxPool", null),
  MaxUnpool: ["x i z", "maxUnpool(x, i)", "take(dz, i)", null],
  AvgPool: (node) => windows(node, "avgPool", "avgUnpool(dz)"),
  AvgUnpool: (node) => windows(node, "avgUnpool", "avgPool(dz)"),
  // Elementwise ones, of which the rule says less than the name does.
  LogicalAnd: ["x y z", "x && y", null, null],
  LogicalOr: ["x y z", "x || y", null, null],
  LogicalNot: ["x z", "!x", null],
  IsNaN: ["x z", "isNaN(x)", null],
  IsFinite: ["x z", "isFinite(x)", null],
  RoundToFloat16: ["x z", "float16(x)", "dz"],
  // What transforms put in the place of their arguments.
  Argument: ["x z", "x", "dz"],
};
