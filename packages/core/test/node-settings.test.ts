import { test } from "uvu";
import * as assert from "uvu/assert";
import * as engine from "../src/index.js";
import { ChainruleError, Node, show, type Tensor, tensor, zeros } from "../src/index.js";
import { declarations } from "./support/declared-options.js";
import { sameNames } from "./support/names.js";

/*
 * A node that is made with a setting that is missing, or of another kind, is refused when it is made or when it is applied,
 * and never gives NaN or something else instead. By the names of all nodes that are exported and have settings.
 */

const x = tensor([[1, 2], [3, 4]]) as Tensor; // biome-ignore format: a matrix
const at = tensor([[0, 1], [1, 0]], { dtype: "int32" }) as Tensor; // biome-ignore format: a matrix
const image = zeros([1, 1, 4, 4]);
const windows = zeros([1, 1, 2, 2]);

/** A setting that a node takes, and others in its place that it does not. */
type Setting = readonly [good: unknown, wrong: readonly unknown[]];

const axis: Setting = [0, ["0", 0.5, true, Number.NaN, 2, null, tensor(0)]];
const neededAxis: Setting = [0, [...axis[1], undefined]];
const flag: Setting = [true, ["true", 1, 0, null, [true]]];
const number: Setting = [2, ["2", [2], true, null, {}, tensor(2)]];
const rank: Setting = [2, ["2", 3, 0, null]];
const shape = (good: readonly number[]): Setting => [good, ["2", 2, {}, null, undefined, [2, "2"], [-2, 2], [0.5]]];
const record = (good: object, wrong: Readonly<Record<string, readonly unknown[]>>, ...needed: string[]): Setting => [
  good,
  [
    5,
    "a",
    null,
    { ...good, zzzzz: 1 },
    ...Object.entries(wrong).flatMap(([name, values]) => values.map((value) => ({ ...good, [name]: value }))),
    ...needed.map((name) => ({ ...good, [name]: undefined })),
    ...(needed.length > 0 ? [undefined, {}] : []),
  ],
];
const dtype: Setting = ["float32", ["foo", 5, null, ["float32"]]];
const dispersion = record(
  { axis: 0, center: true, freedom: 2, eps: 0 },
  { axis: axis[1], center: flag[1], freedom: number[1], eps: number[1] },
  "center",
  "freedom",
  "eps",
);
const reduction: readonly Setting[] = [axis, record({ keepDims: true }, { keepDims: flag[1] })];
const cumulation: readonly Setting[] = [axis, record({ reverse: true }, { reverse: flag[1], exclusive: flag[1] })];
const sliding = {
  stride: ["2", 0, null],
  padding: ["1", -1, null, "full", [[1, 2]], [[1], [2]], [0.5, [1, 2]]],
  dilation: ["1", 0, null],
};
const kernel = record({ kernel: 2, stride: 2 }, { kernel: ["2", 0, null], ...sliding }, "kernel");
const pool: Setting = [
  kernel[0],
  [
    ...record({ kernel: 2 }, { ceilMode: flag[1] })[1],
    ...record({ outputSize: 2 }, { outputSize: ["2", 0, null, [2, 2, 2]], kernel: [2] }, "outputSize")[1],
    ...kernel[1],
  ],
];
const filters = (good: object) => record(good, { ...sliding, groups: ["1", 0, 0.5] });

const rows: Readonly<Record<string, readonly [inputs: readonly Tensor[], ...settings: Setting[]]>> = {
  ArgMax: [[x], axis, flag],
  ArgMin: [[x], axis, flag],
  ArgMaxPool: [[image], rank, pool],
  ArgSort: [[x], axis, record({ descending: true }, { descending: flag[1] })],
  AvgPool: [[image], rank, pool],
  AvgUnpool: [[windows], rank, shape([1, 1, 4, 4]), pool],
  Bincount: [[at], [3, ["3", -1, 0.5, null, undefined]]],
  BroadcastTo: [[x], shape([3, 2, 2])],
  Cast: [[x], [dtype[0], [...dtype[1], undefined]]],
  Center: [[x], axis, number],
  Col2im: [[zeros([4, 4])], shape([1, 1, 4, 4]), kernel],
  Concat: [[x, x], axis],
  Conv: [[image, windows], rank, filters({ padding: 1 })],
  ConvTranspose: [[image, windows], rank, filters({ padding: 1, stride: 2 })],
  ConvWeights: [[image, zeros([1, 1, 3, 3])], rank, [2, ["2", 0, null, undefined]], filters({ padding: 0 })],
  Cumprod: [[x], ...cumulation],
  Cumsum: [[x], ...cumulation],
  Deviation: [[x], dispersion],
  ExpandDims: [[x], [0, ["0", 0.5, true, Number.NaN, 3, null, undefined, {}]]],
  Gather: [[x, at], neededAxis],
  Im2col: [[image], kernel],
  InRange: [[at], ["op", [5, null, {}]], [2, ["2", -1, 0.5, null, undefined]], ["index", [5, null]], ["two", [5, {}]]],
  IndexAdd: [[zeros([2, 2, 2]), at], shape([2, 2]), axis],
  LinearScan: [[x, x], neededAxis, flag],
  LogSoftmax: [[x], axis],
  MaskedMatMul: [[x, x, at.equal(0)], flag],
  MatMul: [[x, x], flag, flag],
  MaxPool: [[image], rank, pool],
  MaxUnpool: [[windows, zeros([1, 1, 2, 2], { dtype: "int32" })], shape([1, 1, 4, 4])],
  Norm: [[x], axis, record({ ord: 1 }, { ord: ["1", 3, null, Number.NaN], keepDims: flag[1] })],
  OneHot: [[at], [3, ["3", 0, 0.5, null, undefined]], dtype],
  Pad: [[x], [[[1, 1], [0, 2]], ["1", 1, null, undefined, [[1], [1, 1]], [[1, "1"], [0, 0]], [1, 1]]], number], // biome-ignore format: a row
  Reshape: [[x], shape([4])],
  ScatterAdd: [[x, at], shape([2, 2]), neededAxis],
  Slice: [[x], [[0], ["0", 1, null, undefined, [[1]], [undefined], [true]]]],
  Softmax: [[x], axis],
  Squeeze: [[zeros([1, 2])], axis],
  Stack: [
    [x, x],
    [0, ["0", 0.5, true, Number.NaN, 3, null]],
  ],
  Standardize: [[x], dispersion],
  Take: [[x, at], axis],
  Transpose: [
    [x],
    [
      [1, 0],
      ["10", 1, null, [0], [0, 0], [0, "1"], {}],
    ],
  ],
  Unslice: [[zeros([2])], [[0], ["0", null, undefined, [[1]]]], shape([2, 2])],
  ...Object.fromEntries(
    ["All", "Any", "Count", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum"].map((name) => [
      name,
      [[x], ...reduction],
    ]),
  ),
  ...Object.fromEntries(
    ["Std", "Variance"].map((name) => {
      return [name, [[x], axis, record({ correction: 1 }, { correction: number[1], keepDims: flag[1] })]];
    }),
  ),
};

const nodes = engine as unknown as Readonly<Record<string, new (...settings: unknown[]) => Node>>;

function outcome(name: string, inputs: readonly Tensor[], settings: readonly unknown[]): string {
  try {
    const made = Reflect.construct(nodes[name] as new () => Node, settings) as Node;
    return `gave ${made.forward(...inputs)}`;
  } catch (error) {
    return error instanceof ChainruleError ? "refused" : `bare ${error}`;
  }
}

for (const [name, [inputs, ...settings]] of Object.entries(rows)) {
  test(`new ${name} with settings that are none`, () => {
    const good = settings.map(([value]) => value);
    assert.match(outcome(name, inputs, good), /^gave /, `${name}(${good.map(show)})`);
    const wrong: string[] = [];
    for (const [i, [, values]] of settings.entries()) {
      for (const value of values) {
        const given = good.with(i, value);
        const found = outcome(name, inputs, given);
        if (found !== "refused")
          wrong.push(`${name}(${given.map((value) => JSON.stringify(value) ?? value)}): ${found}`);
      }
    }
    assert.equal(wrong, []);
  });
}

test("all nodes that are exported and have settings are in the table", async () => {
  const { records, positional } = await declarations();
  const made = [...records, ...positional.filter(({ parameters }) => parameters > 0)].flatMap(({ callable }) => {
    const name = /^new (\w+)$/.exec(callable)?.[1] ?? "";
    return nodes[name]?.prototype instanceof Node ? [name] : [];
  });
  sameNames(Object.keys(rows), made, {
    missing: "has settings, and no row here",
    excess: "has a row, and no settings",
  });
});

test.run();
