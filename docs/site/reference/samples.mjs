// What the pictures of the ops show. A row for each op; a test holds the list to what core exports.
import * as core from "@chainrule/core";
import { cells } from "./cells.mjs";
import { curve } from "./curve.mjs";
import { whole } from "./tensor-samples.mjs";

/** By their names. */
const ops = { ...core };

/** Of one element: the range of x, what is shown of the values, and whether there is a derivative to show. */
const unary = {
  abs: {},
  sign: { isStep: true },
  neg: {},
  square: { range: [-2.5, 2.5], clip: [-5, 6] },
  reciprocal: { range: [-3, 3] },
  sqrt: { range: [0, 4] },
  rsqrt: { range: [0, 4] },
  exp: { range: [-3, 2], clip: [0, 8] },
  expm1: { range: [-3, 2], clip: [-1, 8] },
  log: { range: [0, 4] },
  log1p: { range: [-1, 3] },
  sin: { range: [-6.5, 6.5] },
  cos: { range: [-6.5, 6.5] },
  tan: { range: [-4.6, 4.6], clip: [-5, 5] },
  asin: { range: [-1, 1], clip: [-2, 4] },
  acos: { range: [-1, 1], clip: [-4, 4] },
  atan: { range: [-5, 5] },
  sinh: { range: [-2.5, 2.5], clip: [-6, 6] },
  cosh: { range: [-2.5, 2.5], clip: [-6, 6] },
  tanh: {},
  asinh: { range: [-5, 5] },
  acosh: { range: [1, 5] },
  atanh: { range: [-1, 1] },
  relu: {},
  sigmoid: { range: [-6, 6] },
  softplus: { range: [-4, 4] },
  logSigmoid: { range: [-4, 4], clip: [-5, 2] },
  silu: { range: [-5, 4] },
  gelu: { range: [-4, 3] },
  hardSwish: { range: [-5, 4] },
  erf: {},
  erfc: {},
  floor: {},
  ceil: {},
  round: {},
};

/** Of two elements: by each while the other keeps its value, by the first alone where the second is a setting. */
const binary = {
  add: { x: 1, y: 1 },
  sub: { x: 1, y: 1 },
  mul: { x: 2, y: 2 },
  div: { x: 2, y: 2 },
  pow: {
    x: 2,
    y: 3,
    clip: [-6, 8],
    ranges: [
      [-2, 2],
      [-3, 3],
    ],
  },
  maximum: { x: 1, y: 1 },
  minimum: { x: 1, y: 1 },
  hypot: { x: 1, y: 1 },
  atan2: { x: 1, y: 1 },
  mod: {
    x: 2,
    y: 2,
    ranges: [
      [-4, 4],
      [0.5, 4],
    ],
  },
  leakyRelu: { y: 0.2 },
  elu: { y: 1 },
};

/** What has no picture, and why. */
export const without = { inRange: "it gives back what it is given" };

/** The picture of an op, as SVG in a figure with a line below; undefined for what is no op. */
export function pictureOf(name) {
  if (unary[name] !== undefined) {
    const f = (x) => ops[name](x);
    return figure([curve(f, { label: `${name}(x)`, ...unary[name] })], legend(`${name}(x)`, !unary[name].isStep));
  }
  if (binary[name] !== undefined) {
    const { x, y, ranges = [], clip = [-4, 4] } = binary[name];
    const by = (argument, fixed, f, range) =>
      curve(f, { label: `${name}(x, y) for ${fixed}`, argument, ...(range && { range }), clip });
    const panels = [by("x", `y = ${y}`, (x) => ops[name](x, y), ranges[0])];
    if (x !== undefined) panels.push(by("y", `x = ${x}`, (y) => ops[name](x, y), ranges[1]));
    const calls = [`${name}(x, ${y})`, x === undefined ? undefined : `${name}(${x}, y)`].filter(Boolean);
    return figure(panels, legend(calls.join(" and "), true));
  }
  if (whole[name] === undefined) return undefined;
  const { inputs, f, mark } = whole[name];
  const call = whole[name].call ?? callOf(f);
  const svg = cells(f, { inputs, mark, call });
  const isMarked = svg.includes('class="marked"');
  return figure([svg], `<code v-pre>${call}</code>${isMarked ? "; below, the derivatives of the marked element" : ""}`);
}

/** What makes a node whose result has no gradient, and so no graph. */
const alone = {
  cast: () => new core.Cast("float32"),
  oneHot: () => new core.OneHot(3),
  bincount: () => new core.Bincount(4),
  argSort: () => new core.ArgSort(),
};

/** The node of an op, alone: that of its sample, so that it has settings; where that has none (bools have no graph), a new one. */
export function nodeOf(name) {
  if (alone[name] !== undefined) return alone[name]();
  const { inputs, f } = whole[name] ?? {};
  if (inputs !== undefined) {
    const tensors = Object.values(inputs).map((each) => (each instanceof core.Tensor ? each : core.variable(each)));
    const { node } = [f(...tensors)].flat()[0];
    // `conv2d` makes a Conv; an op that is composed of others makes none of its own.
    if (node !== null && name.toLowerCase().startsWith(node.name.toLowerCase())) return node;
  }
  const Op = Object.entries(ops).find(([other]) => other.toLowerCase() === name.toLowerCase() && other !== name)?.[1];
  return Op === undefined || Op.length > 0 ? undefined : new Op();
}

export const pictured = () => [...Object.keys(unary), ...Object.keys(binary), ...Object.keys(whole)];

function legend(call, hasSlope) {
  return `<span class="key value">${call}</span>${hasSlope ? ' and <span class="key slope">its derivative</span>' : ""}`;
}

function figure(svgs, caption) {
  return `<figure class="picture"><div class="row">${svgs.join("")}</div><figcaption>${caption}</figcaption></figure>`;
}

/** The call as it is written in the table. */
function callOf(f) {
  return String(f).replace(/^\([^)]*\) => ops\./, "");
}
