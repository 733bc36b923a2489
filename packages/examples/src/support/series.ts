/** What stands in a chart: lines, points, bars and arrows. */
import type * as echarts from "echarts";
import { faint, ink, palette } from "./style.js";

export type Point = readonly [x: number, y: number];

interface Style {
  /** Shown in the legend. */
  readonly name: string;
  /** A CSS colour; by default the next one of the palette. */
  readonly color?: string;
}

/** A line through points, in the order given. */
export interface LineSeries extends Style {
  readonly points: readonly Point[];
  readonly dashed?: boolean;
  /** Whether each point is marked. */
  readonly marks?: boolean;
  /** For what stands behind the curves: thin, grey, not in the legend. */
  readonly faint?: boolean;
}

/** Points without a line. */
export interface ScatterSeries extends Style {
  readonly scatter: readonly Point[];
  /** The diameter of each, in pixels; 6 by default. */
  readonly size?: number;
}

/** Bars from the axis up, each over a range of x: a histogram. */
export interface BarSeries extends Style {
  readonly bars: readonly (readonly [from: number, to: number, height: number])[];
}

/** Arrows from the first point to the second. */
export interface ArrowSeries extends Style {
  readonly arrows: readonly (readonly [from: Point, to: Point])[];
}

export type Series = LineSeries | ScatterSeries | BarSeries | ArrowSeries;

/** The bars of a histogram: how many of the values lie in each of `bins` ranges from `min` to `max`. */
export function histogram(
  values: Iterable<number>,
  { bins = 30, min, max }: { readonly bins?: number; readonly min: number; readonly max: number },
): BarSeries["bars"] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = value === max ? bins - 1 : Math.floor(((value - min) / (max - min)) * bins);
    if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] as number) + 1;
  }
  const edge = (i: number) => min + ((max - min) * i) / bins;
  return counts.map((count, i) => [edge(i), edge(i + 1), count]);
}

/** Whether a series is named in the legend. */
export function isNamed(series: Series): boolean {
  return !("faint" in series && series.faint === true);
}

/** The colour of the series at a place of the list; those behind the curves take none of the palette. */
export function colorOf(all: readonly Series[], i: number): string {
  const series = all[i];
  if (series === undefined || !isNamed(series)) return faint;
  return series.color ?? (palette[all.slice(0, i).filter(isNamed).length % palette.length] as string);
}

/** The series as the chart library takes it. */
export function seriesOption(series: Series, color: string): echarts.SeriesOption {
  if ("arrows" in series) return arrows(series);
  if ("bars" in series) return bars(series, color);
  if ("scatter" in series) return dots(series, color);
  return line(series, color);
}

function line({ name, points, dashed = false, marks = false, faint = false }: LineSeries, color: string) {
  return {
    type: "line",
    name,
    data: points.map((point) => [...point]),
    showSymbol: marks,
    symbol: marks ? "circle" : "none",
    symbolSize: 6,
    silent: true,
    color,
    lineStyle: { width: faint || points.length > 500 ? 1 : 2, type: dashed ? "dashed" : "solid" },
    z: faint ? 1 : 2,
  } satisfies echarts.SeriesOption;
}

function bars({ name, bars }: BarSeries, color: string): echarts.SeriesOption {
  return {
    type: "custom",
    name,
    color,
    silent: true,
    clip: true,
    data: bars.map((bar) => [...bar]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (_params, api) => {
      const [left, top] = api.coord([api.value(0), api.value(2)]) as [number, number];
      const [right, bottom] = api.coord([api.value(1), 0]) as [number, number];
      const shape = { x: left, y: top, width: Math.max(0.5, right - left - 0.5), height: Math.max(0, bottom - top) };
      return { type: "rect", shape, style: { fill: color } };
    },
  };
}

/** From the values of the data to a place in the picture. */
type Place = (point: Point) => Point;

/** A series that is one path, made of a piece for each item: a hundredth of what an element each would take. */
function onePath<T>(
  { name, color, style }: { readonly name: string; readonly color: string; readonly style: object },
  items: readonly T[],
  piece: (item: T, place: Place) => string,
): Omit<echarts.CustomSeriesOption, "data" | "encode"> {
  return {
    type: "custom",
    name,
    color,
    silent: true,
    clip: true,
    renderItem: ({ dataIndex }, api) => {
      if (dataIndex > 0) return undefined;
      const place: Place = (point) => api.coord([...point]) as [number, number];
      const pathData = items.map((item) => piece(item, place)).join("");
      return { type: "path", shape: { pathData }, style: { fill: "none", ...style } };
    },
  };
}

/** A dot is a line of hardly any length with round ends. */
function dots({ name, scatter, size = 6 }: ScatterSeries, color: string): echarts.SeriesOption {
  const style = { stroke: color, lineWidth: size, lineCap: "round" };
  return {
    ...onePath({ name, color, style }, scatter, (point, place) => `M${text(place(point))}h0.1`),
    data: scatter.map((point) => [...point]),
    encode: { x: 0, y: 1 },
    z: 3,
  };
}

/** Length of the head of an arrow, in pixels. */
const head = 6;

function arrows({ name, arrows, color = ink }: ArrowSeries): echarts.SeriesOption {
  // One of no length has no direction, either.
  const drawn = arrows.filter(([from, to]) => from[0] !== to[0] || from[1] !== to[1]);
  const arrow = ([from, to]: readonly [Point, Point], place: Place) => {
    const [start, end] = [place(from), place(to)];
    const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
    const [dx, dy] = [((end[0] - start[0]) / length) * head, ((end[1] - start[1]) / length) * head];
    const side = (turn: number) => text([end[0] - dx - dy * turn, end[1] - dy + dx * turn]);
    return `M${text(start)}L${text(end)}L${side(-0.45)}M${text(end)}L${side(0.45)}`;
  };
  return {
    ...onePath({ name, color, style: { stroke: color, lineWidth: 1.2 } }, drawn, arrow),
    data: drawn.map(([from, to]) => [...from, ...to]),
    encode: { x: [0, 2], y: [1, 3] },
  };
}

const text = ([x, y]: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
