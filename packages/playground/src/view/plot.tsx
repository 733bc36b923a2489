// Lines over an axis, as SVG: of `plot`, and of the training.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { PlotOutput } from "../run/messages.js";
import { texts } from "../texts/texts.js";

const HEIGHT = 240;
const edges = { left: 52, right: 16, top: 10, bottom: 40 };

type Range = readonly [number, number];

/** The difference of two numbers that are drawn has to be finite, too. */
const MOST = Number.MAX_VALUE / 4;

/** The least and the greatest of those that are finite; null where none is. */
function extremesOf(values: Iterable<number>): Range | null {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least > most ? null : [least, most];
}

/** What an axis goes over: a little wider where the extremes are equal. */
function rangeOf(values: Iterable<number>): Range {
  const [least, most] = (extremesOf(values) ?? [0, 1]).map((value) => Math.min(MOST, Math.max(-MOST, value))) as [
    number,
    number,
  ];
  if (least < most) return [least, most];
  const pad = Math.abs(least) / 2 || 1;
  return [least - pad, most + pad];
}

/** About so many round numbers in a range. */
function ticksOf([from, to]: Range, count = 5): number[] {
  const rough = (to - from) / Math.min(count, 8);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size >= 1e6 || size < 1e-4) ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

/** A path through points, broken where one is not finite. */
function pathOf(points: Iterable<Range>): string {
  let [path, isUp] = ["", true];
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      isUp = true;
      continue;
    }
    path += `${isUp ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isUp = false;
  }
  return path;
}

/** As wide as its place, so that letters are as large as elsewhere. */
function useWidth() {
  const place = useRef<HTMLElement>(null);
  const width = useSignal(560);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.max(240, Math.floor(entry?.contentRect.width ?? 0));
    });
    observer.observe(place.current as HTMLElement);
    return () => observer.disconnect();
  }, []);
  return [place, width.value] as const;
}

export interface PlotProps extends PlotOutput {
  /** Where the y-axis begins and ends, if not at the least and greatest. */
  readonly yRange?: Range;
}

export function Plot({ title, x, y, xs, series, yRange }: PlotProps) {
  const t = texts.value;
  const [place, width] = useWidth();
  const across = rangeOf(xs);
  const all = rangeOf(series.flatMap(({ ys }) => ys as number[]));
  const up = yRange ?? all;
  const atX = (value: number) =>
    edges.left + ((value - across[0]) / (across[1] - across[0])) * (width - edges.left - edges.right);
  const atY = (value: number) =>
    HEIGHT - edges.bottom - ((value - up[0]) / (up[1] - up[0])) * (HEIGHT - edges.top - edges.bottom);
  const named = series.filter(({ name }) => name !== "");
  const said = series.map(({ name, ys }) => {
    const [least, most] = (extremesOf(ys) ?? [Number.NaN, Number.NaN]).map(short) as [string, string];
    return t.plotSummary(name || y || t.plot, least, most, short(ys.at(-1) ?? Number.NaN));
  });
  return (
    <figure class="plot" ref={place}>
      {title !== "" && <figcaption>{title}</figcaption>}
      <svg
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={[title || t.plot, ...said].join("; ")}
      >
        {ticksOf(up).map((value) => (
          <g key={`y${value}`}>
            <line class="grid" x1={edges.left} x2={width - edges.right} y1={atY(value)} y2={atY(value)} />
            <text class="tick" x={edges.left - 8} y={atY(value) + 4} text-anchor="end">
              {short(value)}
            </text>
          </g>
        ))}
        {ticksOf(across, width / 80).map((value) => (
          <text key={`x${value}`} class="tick" x={atX(value)} y={HEIGHT - edges.bottom + 18} text-anchor="middle">
            {short(value)}
          </text>
        ))}
        <line
          class="axis"
          x1={edges.left}
          x2={width - edges.right}
          y1={HEIGHT - edges.bottom}
          y2={HEIGHT - edges.bottom}
        />
        {series.map(({ name, ys }, i) => (
          <path
            key={name}
            class={`line line${i % 6}`}
            d={pathOf(ys.map((value, at): Range => [atX(xs[at] as number), atY(value)]))}
          />
        ))}
        {x !== "" && (
          <text class="tick" x={width - edges.right} y={HEIGHT - 4} text-anchor="end">
            {x}
          </text>
        )}
      </svg>
      {(named.length > 1 || (named.length === 1 && named[0]?.name !== title)) && (
        <ul class="legend">
          {series.map(({ name }, i) => (
            <li key={name} class={`line${i % 6}`}>
              {name}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}
