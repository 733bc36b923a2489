// What an op of whole tensors does with a few numbers: its inputs, its result, and the derivatives of one marked element of it.
import { variable, zeros } from "@chainrule/core";

const cell = { width: 38, height: 24 };
const gap = 26;
const top = 22;

/** `f` applied to `inputs`, a record of lists or tensors; `mark` is the place of the element, counted in row-major order. */
export function cells(f, { inputs, mark = 0, call }) {
  const given = Object.entries(inputs).map(([name, value]) => ({ name, tensor: asInput(value) }));
  const results = [f(...given.map(({ tensor }) => tensor))].flat();
  const [first] = results;
  const hasGradient = first.requiresGrad;
  if (hasGradient) first.backward({ seed: oneHot(first, mark) });
  const parts = [];
  let x = 0;
  let bottom = 0;
  for (const { name, tensor } of given) {
    const grid = gridOf(tensor);
    parts.push(caption(name, x), drawGrid(grid, x, top));
    let y = top + grid.height;
    if (hasGradient && tensor.grad) {
      parts.push(caption(`∂/∂${name}`, x, y + 20, "slope"));
      parts.push(drawGrid(gridOf(tensor.grad), x, y + 26, { kind: "slope" }));
      y += 26 + grid.height;
    }
    bottom = Math.max(bottom, y);
    x += Math.max(grid.width, 30) + gap;
  }
  parts.push(`<path class="arrow" d="M${x - gap + 4} ${top + 12}h${gap - 10}m-5 -4l5 4l-5 4"/>`);
  results.forEach((result, i) => {
    const grid = gridOf(result);
    const marked = i === 0 && hasGradient ? mark : undefined;
    parts.push(caption(i === 0 ? "result" : "", x), drawGrid(grid, x, top, { marked }));
    bottom = Math.max(bottom, top + grid.height);
    x += Math.max(grid.width, 40) + (i < results.length - 1 ? 12 : 0);
  });
  const [width, height] = [x + 2, bottom + 2];
  const label = `${call}: ${given.map(({ name, tensor }) => `${name} ${tensor}`).join(", ")} gives ${results.join(", ")}`;
  return [
    `<svg class="cells" role="img" viewBox="-1 -1 ${width + 1} ${height + 1}" width="${width + 1}" height="${height + 1}" aria-label="${label.replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(/\s+/g, " ")}">`,
    ...parts,
    "</svg>",
  ].join("");
}

/** Lists of numbers are variables, so that there are derivatives by them. */
function asInput(value) {
  return typeof value === "number" || Array.isArray(value) ? variable(value) : value;
}

function oneHot(tensor, mark) {
  if (tensor.rank === 0) return 1;
  const seed = new Float64Array(tensor.size);
  seed[mark] = 1;
  return zeros(tensor.shape).add(reshaped(seed, tensor));
}

function reshaped(values, { shape }) {
  return variable(values).reshape(shape).detach();
}

/** Rows and columns; of more axes one matrix below the other, with a gap between. */
function gridOf(tensor) {
  const shape = tensor.shape.filter((size, i) => size !== 1 || i >= tensor.rank - 2);
  const columns = shape.at(-1) ?? 1;
  const perBlock = shape.length < 3 ? Number.POSITIVE_INFINITY : shape.at(-2);
  const values = Array.from(tensor.data, Number);
  const rows = columns === 0 ? 0 : values.length / columns;
  const blocks = Math.floor(Math.max(0, rows - 1) / perBlock);
  return {
    values,
    columns,
    perBlock,
    isBool: tensor.dtype === "bool",
    width: columns * cell.width,
    height: rows * cell.height + blocks * 6,
    largest: Math.max(1e-9, ...values.filter(Number.isFinite).map(Math.abs)),
  };
}

function drawGrid({ values, columns, perBlock, largest, isBool }, x, y, { marked, kind = "" } = {}) {
  const drawn = values.map((value, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const [left, upper] = [x + column * cell.width, y + row * cell.height + Math.floor(row / perBlock) * 6];
    const strength = Number.isFinite(value) ? Math.abs(value) / largest : 0;
    const heat = `<rect class="heat ${value < 0 ? "below" : "above"}" x="${left}" y="${upper}" width="${cell.width}" height="${cell.height}" fill-opacity="${(strength * 0.5).toFixed(2)}"/>`;
    const edge = marked === i ? '" class="marked"' : '" class="edge"';
    const box = `<rect x="${left}" y="${upper}" width="${cell.width}" height="${cell.height}${edge}/>`;
    const text = isBool ? (value === 1 ? "true" : "false") : shortest(value);
    return {
      below: heat + (marked === i ? "" : box),
      above: `<text class="number ${kind}" x="${left + cell.width / 2}" y="${upper + 16}" text-anchor="middle">${text}</text>${marked === i ? box : ""}`,
    };
  });
  return drawn.map(({ below }) => below).join("") + drawn.map(({ above }) => above).join("");
}

function caption(text, x, y = 14, kind = "") {
  return `<text class="caption ${kind}" x="${x}" y="${y}">${text}</text>`;
}

/** At most five characters. */
function shortest(value) {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  const rounded = Number(Number.isInteger(value) ? value : value.toPrecision(2));
  return (rounded === 0 ? 0 : rounded)
    .toString()
    .replace(/^(-?)0\./, "$1.")
    .replace("-", "−");
}
