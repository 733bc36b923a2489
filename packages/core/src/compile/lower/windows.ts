import { Col2im, Im2col } from "../../ops/im2col.js";
import { stridesOf } from "../../shape/shape.js";
import type { Shape } from "../../shape/types.js";
import type { Windows } from "../../shape/window.js";
import type { Traced } from "../../trace/traced.js";
import { nodeOf } from "../graph/graph.js";
import type { Buffer } from "../ir/buffer.js";
import { numberKindOf } from "../ir/expression.js";
import { axisOf, linear, ownPlace, type Place } from "../ir/views.js";
import type { KernelRule, Lowering } from "./lowering.js";

/** Images of zeros with the padding around them, which windows never leave. */
function padded(images: Shape, value: Traced, w: Windows, s: Lowering): Buffer {
  const [batch, channels] = images as [number, number];
  const buffer = s.temporary(value.dtype, [batch, channels, w.paddingY + w.endY, w.paddingX + w.endX]);
  const k = s.body([buffer.size]);
  s.loop("zeros", k, k.builder.constant(numberKindOf(value.dtype), 0), buffer);
  return buffer;
}

/** Where the images themselves stand in the padded ones. */
function interior(buffer: Buffer, w: Windows) {
  const strides = stridesOf(buffer.shape);
  return { offset: w.paddingY * (strides[2] as number) + w.paddingX, strides };
}

const im2col: KernelRule = {
  uses: () => "inline",
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    const w = nodeOf<Im2col>(value).layout(x.shape).windows;
    const [batch, channels] = x.shape as [number, number];
    const target = s.target(value);
    let source = null;
    if (w.paddingY + w.paddingX > 0 || w.endY > w.height || w.endX > w.width) {
      source = padded(x.shape, value, w, s);
      const k = s.body(x.shape);
      s.loop("padded", k, s.element(x, ownPlace(x.shape), k), source, interior(source, w));
    }
    const k = s.body([batch, w.rows, w.columns, channels, w.kernelHeight, w.kernelWidth]);
    const along = (window: number, stride: number, element: number, dilation: number) => {
      const strides = new Array<number>(6).fill(0);
      strides[window] = stride;
      strides[element] = dilation;
      return { offset: 0, strides };
    };
    const place: Place = [
      axisOf(6, 0),
      axisOf(6, 3),
      along(1, w.strideY, 4, w.dilationY),
      along(2, w.strideX, 5, w.dilationX),
    ];
    const element =
      source === null ? s.element(x, place, k) : k.builder.load(source, linear(place, stridesOf(source.shape), 6));
    s.loop("Im2col", k, element, target);
  },
};

const col2im: KernelRule = {
  uses: () => "matrix",
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    const w = nodeOf<Col2im>(value).layout(value.shape).windows;
    const [batch, channels] = value.shape as [number, number];
    const sums = padded(value.shape, value, w, s);
    const [perImage, perChannel, perRow] = stridesOf(sums.shape) as [number, number, number];
    const { buffer, at } = s.strided(x);
    const [rowStep, columnStep] = at.strides as [number, number];
    const windows = w.rows * w.columns;
    const kernel = w.kernelHeight * w.kernelWidth;
    // One place of the kernel after the other: the windows see different elements in it, so that a loop adds up nothing
    // twice.
    for (let i = 0; i < kernel; i++) {
      const [row, column] = [Math.floor(i / w.kernelWidth), i % w.kernelWidth];
      const k = s.body([batch, channels, w.rows, w.columns]);
      const to = {
        offset: row * w.dilationY * perRow + column * w.dilationX,
        strides: [perImage, perChannel, w.strideY * perRow, w.strideX],
      };
      const from = {
        offset: at.offset + i * columnStep,
        strides: [windows * rowStep, kernel * columnStep, w.columns * rowStep, rowStep],
      };
      const sum = k.builder
        .arithmetic(value.dtype === "float32" ? "f32" : "f64")
        .add(k.builder.load(sums, to), k.builder.load(buffer, from));
      s.loop("Col2im", k, sum, sums, to);
    }
    const k = s.body(value.shape);
    s.loop("Col2im", k, k.builder.load(sums, interior(sums, w)), s.target(value));
  },
};

export const windowRules: readonly (readonly [unknown, KernelRule])[] = [
  [Im2col, im2col],
  [Col2im, col2im],
];
