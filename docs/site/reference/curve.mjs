// The function of an op of elements and its derivative as curves, computed by the engine.
import { grad, tensor } from "@chainrule/core";

const [width, height] = [300, 190];
const inner = { left: 34, right: 10, top: 10, bottom: 22 };
const samples = 200;

/** One curve of values and, where `f` has one, one of slopes. `f` goes from a tensor to a tensor of its shape. */
export function curve(f, { range = [-3, 3], clip = [-4, 4], argument = "x", label, isStep = false }) {
  const [from, to] = range;
  // The middles of steps, so that none stands on a pole or at an end of the domain.
  const xs = Array.from({ length: samples }, (_, i) => from + ((i + 0.5) * (to - from)) / samples);
  const input = tensor(xs);
  const values = Array.from(f(input).cast("float64").data);
  const slopes = isStep ? null : Array.from(grad((x) => f(x).sum())(input).data);
  const shown = [...values, ...(slopes ?? [])].filter((y) => Number.isFinite(y) && y >= clip[0] && y <= clip[1]);
  const [low, high] = niceBounds(Math.min(0, ...shown), Math.max(0, ...shown));
  const x = (v) => inner.left + ((v - from) / (to - from)) * (width - inner.left - inner.right);
  const y = (v) => height - inner.bottom - ((v - low) / (high - low)) * (height - inner.top - inner.bottom);
  const line = (ys, name) => `<path class="${name}" d="${pathOf(xs, ys, x, y, [low, high])}"/>`;
  const ticks = [low, 0, high].filter((v, i, all) => all.indexOf(v) === i);
  const ends = [from, to].map((v) => Number(v.toFixed(2)));
  return [
    `<svg class="curve" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-label="${describe(label, argument, ends, slopes)}">`,
    `<path class="axis" d="M${inner.left} ${n(y(0))}H${width - inner.right}"/>`,
    from < 0 && to > 0 ? `<path class="axis" d="M${n(x(0))} ${inner.top}V${height - inner.bottom}"/>` : "",
    ...ticks.map((v) => `<text class="tick" x="${inner.left - 6}" y="${n(y(v) + 4)}" text-anchor="end">${v}</text>`),
    ...ends.map(
      (v, i) =>
        `<text class="tick" x="${n(x(range[i]))}" y="${height - 6}" text-anchor="${i === 0 ? "start" : "end"}">${v}</text>`,
    ),
    `<text class="tick" x="${n(x((from + to) / 2))}" y="${height - 6}" text-anchor="middle">${argument}</text>`,
    line(values, "value"),
    // On top: of exp the two are one line.
    slopes === null ? "" : line(slopes, "slope"),
    "</svg>",
  ].join("");
}

function describe(label, argument, [from, to], slopes) {
  return `${label}${slopes === null ? "" : ` and its derivative by ${argument}`}, for ${argument} from ${from} to ${to}`;
}

/** Whole numbers around what is shown, or halves and tenths where that is small. */
function niceBounds(low, high) {
  const span = high - low || 1;
  const step = span > 2.5 ? 1 : span > 1 ? 0.5 : 0.1;
  const [a, b] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  return [Number(a.toFixed(1)), Number((b === a ? a + step : b).toFixed(1))];
}

/** A line that is broken where the values are none, leave the picture or jump. */
function pathOf(xs, ys, x, y, [low, high]) {
  const margin = (high - low) * 0.02;
  let path = "";
  let isDown = false;
  ys.forEach((v, i) => {
    const isInside = Number.isFinite(v) && v >= low - margin && v <= high + margin;
    const jump = i > 0 && Math.abs(v - ys[i - 1]) > (high - low) * 0.2;
    if (isInside) path += `${isDown && !jump ? "L" : "M"}${n(x(xs[i]))} ${n(y(v))}`;
    isDown = isInside;
  });
  return path;
}

const n = (v) => Number(v.toFixed(1)).toString();
