/** Pictures of the examples: lines, marked paths and arrows over two axes, written as SVG. */
import * as echarts from "echarts";
import { saveFile } from "./file.js";

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

/** Arrows from the first point to the second. */
export interface ArrowSeries extends Style {
  readonly arrows: readonly (readonly [from: Point, to: Point])[];
}

export interface Axis {
  readonly name: string;
  /** By default the axis is as long as the data needs. */
  readonly min?: number;
  readonly max?: number;
  /** From label to label; by default a round number. */
  readonly step?: number;
  /** Whether steps are factors of ten. */
  readonly logarithmic?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly (LineSeries | ArrowSeries)[];
  /** Whether the area of the data is a square, so that equal ranges have equal scales. */
  readonly square?: boolean;
}

const ink = "#333333";
const faint = "#bbbbbb";
const palette = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf"];
const font = "Helvetica, Arial, DejaVu Sans, sans-serif";
const margin = { left: 76, right: 28, top: 52, bottom: 60 };

// Without a browser the library guesses how wide a text is; this much is enough for the widest of the fonts. It takes the
// width of a Chinese character for the height of a line.
echarts.setPlatformAPI({
  measureText: (text, css = "") => {
    const size = Number.parseFloat(/([\d.]+)px/.exec(css)?.[1] ?? "12");
    return { width: size * [...text].reduce((width, character) => width + (character > "\u2e7f" ? 1 : 0.62), 0) };
  },
});

/** The chart as the text of an SVG file, with a legend at the lower right where several series have names. */
export function renderChart({ title, x, y, series, square = false }: Chart): string {
  const height = 480;
  const width = square ? height - margin.top - margin.bottom + margin.left + margin.right : 720;
  const shown = series.filter((s) => !("faint" in s && s.faint));
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      color: palette,
      textStyle: { fontFamily: font, color: ink },
      title: {
        text: title,
        left: "center",
        top: 14,
        textStyle: { fontFamily: font, fontSize: 16, fontWeight: "normal", color: ink },
      },
      grid: { ...margin, show: true, borderColor: ink, borderWidth: 1 },
      legend: {
        show: shown.length > 1,
        // The library shows a mark for each line unless told not to.
        data: shown.map((s) => ({ name: s.name, ...("points" in s && !s.marks && { itemStyle: { opacity: 0 } }) })),
        orient: "vertical",
        right: margin.right + 12,
        bottom: margin.bottom + 12,
        backgroundColor: "rgba(255, 255, 255, 0.85)",
        borderColor: faint,
        borderWidth: 1,
        padding: 8,
        itemWidth: 36,
        textStyle: { fontFamily: font, fontSize: 13, color: ink },
      },
      xAxis: axis(x, 32),
      yAxis: axis(y, 52),
      series: series.map((s) => ("arrows" in s ? arrows(s) : line(s))),
    });
    // The same place, said in a way that every viewer knows.
    return chart.renderToSVGString().replaceAll('dominant-baseline="central"', 'dy="0.35em"');
  } finally {
    chart.dispose();
  }
}

export function saveChart(file: string, chart: Chart): void {
  saveFile(file, renderChart(chart));
}

function axis({ name, min, max, step, logarithmic = false }: Axis, nameGap: number): echarts.EChartsOption["xAxis"] {
  return {
    type: logarithmic ? "log" : "value",
    name,
    nameLocation: "middle",
    nameGap,
    nameTextStyle: { fontSize: 14 },
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(step !== undefined && { interval: step }),
    scale: true,
    axisLine: { show: true, onZero: false, lineStyle: { color: ink } },
    axisTick: { show: true },
    axisLabel: { fontSize: 12, color: ink },
    splitLine: { lineStyle: { color: "#eeeeee" } },
  };
}

function line({
  name,
  points,
  color,
  dashed = false,
  marks = false,
  faint: behind = false,
}: LineSeries): echarts.SeriesOption {
  const own = behind ? faint : color;
  return {
    type: "line",
    name,
    data: points.map((point) => [...point]),
    showSymbol: marks,
    symbol: marks ? "circle" : "none",
    symbolSize: 6,
    silent: true,
    ...(own !== undefined && { color: own }),
    lineStyle: { width: behind || points.length > 500 ? 1 : 2, type: dashed ? "dashed" : "solid" },
    z: behind ? 1 : 2,
  };
}

function arrows({ name, arrows: pairs, color }: ArrowSeries): echarts.SeriesOption {
  return {
    type: "lines",
    name,
    coordinateSystem: "cartesian2d",
    // One of no length has no direction, either.
    data: pairs
      .filter(([from, to]) => from[0] !== to[0] || from[1] !== to[1])
      .map(([from, to]) => ({ coords: [[...from], [...to]] })),
    symbol: ["none", "arrow"],
    symbolSize: 5,
    silent: true,
    lineStyle: { color: color ?? (palette[0] as string), width: 1.2, opacity: 1 },
  };
}
