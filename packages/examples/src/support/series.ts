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
  if ("arrows" in series) return arrows(series, color);
  if ("bars" in series) return bars(series, color);
  if ("scatter" in series) {
    const { name, scatter, size = 6 } = series;
    return {
      type: "scatter",
      name,
      data: scatter.map((point) => [...point]),
      symbolSize: size,
      silent: true,
      color,
      z: 3,
    };
  }
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

/** Length of the head of an arrow, in pixels. */
const head = 6;

function arrows({ name, arrows, color = ink }: ArrowSeries, fallback: string): echarts.SeriesOption {
  return {
    type: "custom",
    name,
    color: color ?? fallback,
    silent: true,
    // One of no length has no direction, either.
    data: arrows.filter(([from, to]) => from[0] !== to[0] || from[1] !== to[1]).map(([from, to]) => [...from, ...to]),
    encode: { x: [0, 2], y: [1, 3] },
    renderItem: (_params, api) => {
      const [x1, y1] = api.coord([api.value(0), api.value(1)]) as [number, number];
      const [x2, y2] = api.coord([api.value(2), api.value(3)]) as [number, number];
      const length = Math.hypot(x2 - x1, y2 - y1);
      const [dx, dy] = [((x2 - x1) / length) * head, ((y2 - y1) / length) * head];
      const sides = [-0.45, 0.45].map((side) => `L${place(x2 - dx - dy * side)} ${place(y2 - dy + dx * side)}`);
      const pathData = `M${place(x1)} ${place(y1)}L${place(x2)} ${place(y2)}${sides[0]}M${place(x2)} ${place(y2)}${sides[1]}`;
      return { type: "path", shape: { pathData }, style: { stroke: color ?? fallback, lineWidth: 1.2, fill: "none" } };
    },
  };
}

const place = (x: number) => x.toFixed(1);
