/**
 * What the compiler makes of one training step: the graph that it traced, the kernels that it fused, and its memory over time, as pictures.
 *
 * 학습의 한 단계를 컴파일러가 무엇으로 바꾸는지: 추적한 그래프, 하나로 합친 커널, 시간에 따른 메모리를 그림으로 봅니다.
 * 学習の 1 ステップをコンパイラが何に変えるか: 追跡したグラフ、融合したカーネル、時間に沿ったメモリを図で。
 *
 * The step of a two-layer network is traced once, backward pass and update included. Ops that go through the same elements become one
 * kernel, so that what stands between them needs no memory; buffers that are not needed at the same time share a place; new parameters are
 * written over the old ones.
 */
import { join } from "node:path";
import { type Program, type ProgramJSON, programToJson, Random, type Tensor } from "@chainrule/core";
import { Affine, ReLU, Sequential, SGD, softmaxWithLoss, trainStep } from "@chainrule/nn";
import { programToSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { seed, batch, hidden, out } = readOptions({ seed: 1, batch: 100, hidden: 50, out: "out" });

const random = new Random(seed);
const images: Tensor = random.uniform([batch, 784]);
const labels: Tensor = random.integers([batch], { high: 10 });

/** The step of a network that begins as all that are made of the same seed. */
function stepOf(options: { readonly compiled?: boolean }) {
  const own = new Random(seed);
  const network = new Sequential({
    affine1: new Affine(784, hidden, { random: own }),
    relu: new ReLU(),
    affine2: new Affine(hidden, 10, { random: own }),
  });
  const optimizer = new SGD(network.parameters(), { lr: 0.01 });
  return trainStep((x: Tensor, t: Tensor) => softmaxWithLoss(network.forward(x), t), optimizer, options);
}

const step = stepOf({ compiled: true });
const program: Program<Tensor> = step.program(images, labels);
const json: ProgramJSON = programToJson(program);
const [graph] = json.simplified;
const [main] = json.schedules;
if (graph === undefined || main === undefined) throw new Error("a program has a graph and kernels");

section("Kernels: ops that run together");
const ops = graph.values.filter(({ kind }) => kind === "op");
const computed = new Set(main.kernels.flatMap(({ values }) => values));
compare("ops that no kernel computes", ops.filter(({ id }) => !computed.has(id)).length, 0);
check("kernels", main.kernels.length, `fewer than the ${ops.length} ops`, main.kernels.length < ops.length);
main.kernels.forEach(({ text }, i) => {
  note(`k${i}`, text);
});

section("Memory: buffers that take one another's places");
const kept = main.buffers.filter(({ first, over }) => first === null && over === undefined);
const inPlace = main.buffers.filter(({ over }) => over !== undefined);
compare("parameters that are updated in place", inPlace.length, 4);
check(
  "bytes",
  json.bytes,
  `fewer than the ${json.bytesWithoutReuse} without reuse`,
  json.bytes < json.bytesWithoutReuse,
);
const bytes = kept.reduce((sum, buffer) => sum + buffer.bytes, 0);
check("of which are kept between runs", bytes, `fewer than the ${json.bytes} in all`, bytes < json.bytes);
for (const { address, name, tensor, first, last, over, bytes: size } of main.buffers) {
  const shared = first === last ? `in k${first}` : `from k${first} to k${last}`;
  const life = over !== undefined ? `in the place of ${over}` : first === null ? "kept" : shared;
  note(`${name}${tensor === undefined ? "" : ` (${tensor})`}: ${size} bytes at ${address}, ${life}`);
}

section("The pictures");
for (const show of ["graph", "kernels", "memory"] as const) {
  saveFile(join(out, `inside-a-step-${show}.svg`), programToSvg(program, { show }));
}
note("In the browser or an editor, point at a kernel or a buffer: it says the rest, as program.print() does.");

section("And it is the same step");
const eager = stepOf({ compiled: false });
for (const call of ["first", "second"])
  compare(`${call} loss, compiled`, step(images, labels), eager(images, labels), 1e-12);
