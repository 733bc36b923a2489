import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ChainruleError, compile, programToJson, type Tensor, tensor } from "@chainrule/core";
import { SGD } from "@chainrule/nn";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ProgramSvgOptions, programToSvg } from "../src/index.js";
import { collisions, type Parsed, parse } from "./support/parsed.js";
import { calls, chain, linearStep, programs, recurrence, twoLayers } from "./support/programs.js";

const test = suite("programs");

const shows = ["graph", "kernels", "memory"] as const;
const draw = (program: Parameters<typeof programToSvg>[0], options?: ProgramSvgOptions) =>
  parse(programToSvg(program, options));

/** The files are what was looked at; UPDATE_PICTURES=1 writes them anew. */
for (const show of shows) {
  test(`the picture of the ${show} of a training step is the one that was looked at`, () => {
    const file = fileURLToPath(new URL(`../../test/pictures/step-${show}.svg`, import.meta.url));
    const svg = programToSvg(linearStep(), { show });
    if (process.env["UPDATE_PICTURES"] === "1") writeFileSync(file, svg);
    assert.ok(existsSync(file));
    assert.is(svg, readFileSync(file, "utf8"));
  });
}

for (const [name, make] of programs) {
  test(`${name}: nothing is drawn over anything else, or beyond the edge`, () => {
    const program = make();
    // The layout of large ones takes long.
    const isLarge = name.endsWith("Adam");
    for (const show of isLarge ? (["kernels", "memory"] as const) : shows) {
      for (const maxWidth of isLarge ? [840] : [340, 840]) {
        assert.equal(collisions(draw(program, { show, maxWidth })), [], `${show}, ${maxWidth}`);
      }
      assert.equal(collisions(draw(program, { show, fold: true })), [], `${show}, folded`);
    }
  });
}

// --- kernels -------------------------------------------------------------------------------------------------------------

const titles = ({ texts }: Parsed) => texts.filter(({ kind }) => kind === "title").map(({ what }) => what);

test("a frame for each kernel, those of loops inside of theirs, with what it goes through", () => {
  assert.equal(titles(draw(linearStep())).toSorted(), [
    "k0: [3, 3] \u00d7 [3, 1]",
    "k1: for [3]",
    "k2: sum over [3]",
    "k3: once",
    "k4: for [1]",
    "k5: for [3, 1]",
    "k6: [3, 3] \u00d7 [3, 1]",
    "k7: for [3]",
  ]);
  assert.equal(titles(draw(recurrence())), [
    "k0: loop of 3 steps",
    "k0.0: for [3]",
    "k1: for [3]",
    "k2: loop of 3 steps, the last one first",
    "k2.0: for [3]",
  ]);
  assert.equal(titles(draw(calls())), [
    "k0: call of function 1",
    "k0.0: sum over [3]",
    "k1: call of function 1",
    "k2: without a loop",
  ]);
});

test("each op of each kernel is drawn, and each buffer that is handed on", () => {
  const program = twoLayers((network) => new SGD(network.parameters(), { lr: 0.1 }));
  const { schedules } = programToJson(program);
  const { nodes, texts } = draw(program);
  const ops = nodes.filter(({ what }) => what.startsWith("%"));
  assert.is(
    ops.length,
    schedules.flatMap(({ kernels }) => kernels).reduce((sum, { values }) => sum + values.length, 0),
  );
  const words = texts.map(({ what }) => what.split(" ")[0]);
  for (const { name, role, over } of schedules[0]?.buffers ?? []) {
    if (role === "temporary" || over !== undefined) assert.ok(words.includes(name), name);
  }
  for (const name of ["affine1.W", "affine2.b", "input"]) assert.ok(words.includes(name), name);
  assert.ok(texts.some(({ what }) => what === "new affine1.W"));
  assert.ok(texts.some(({ what }) => what === "result"));
});

test("large kernels are lists of their ops", () => {
  const program = compile((x: Tensor) => {
    let y = x;
    for (let i = 0; i < 40; i++) y = i % 2 === 0 ? y.sin() : y.mul(x);
    return y;
  }).program(tensor([1, 2]));
  const { texts } = draw(program);
  assert.ok(
    texts.some(({ what }) => what === "40 ops: sin \u00d7"),
    texts.map(({ what }) => what).join("; "),
  );
});

// --- memory --------------------------------------------------------------------------------------------------------------

/** The bars of buffers, by their names. */
function barsOf(svg: string): { name: string; left: number; right: number; top: number; bottom: number }[] {
  return [
    ...svg.matchAll(
      /<rect class="bar (?:temporary|scratch)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="2"><title>(\w+)/g,
    ),
  ].map(([, x, y, width, height, name = ""]) => ({
    name,
    left: Number(x),
    right: Number(x) + Number(width),
    top: Number(y),
    bottom: Number(y) + Number(height),
  }));
}

test("each buffer that shares memory has a bar, and no two bars lie over one another", () => {
  for (const [name, make] of programs) {
    const program = make();
    const bars = barsOf(programToSvg(program, { show: "memory" }));
    const shared = programToJson(program).schedules.flatMap(({ buffers }) =>
      buffers.filter(({ first }) => first !== null),
    );
    for (const buffer of shared)
      assert.ok(
        bars.some((bar) => bar.name === buffer.name),
        `${name}: ${buffer.name}`,
      );
    bars.forEach((a, i) => {
      for (const b of bars.slice(i + 1)) {
        const meets = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        assert.not(meets, `${name}: ${a.name} over ${b.name}`);
      }
    });
  }
});

test("the whole and the most at one time are said, and variables stand apart", () => {
  const program = linearStep();
  const { texts, root } = draw(program, { show: "memory" });
  const said = texts.map(({ what }) => what).join(" ");
  assert.match(said, /320 B in all: .* Without reuse it would be 512 B\./);
  assert.match(said, /Temporary memory in use: at most \d+ B, at k\d/);
  assert.match(said, /Kept between runs: \d+ B/);
  assert.match(said, /w \(c2\) float32 \[3\]/);
  assert.match(
    root.getElementsByTagName("title")[0]?.textContent ?? "",
    /^Memory of a program: 320 B, of temporary buffers at most/,
  );
  assert.match(
    root.getElementsByTagName("desc")[0]?.textContent ?? "",
    /t3, float32 \[3\], 16 bytes at 112, temporary, k0 to k1/,
  );
});

test("three hundred buffers are drawn", () => {
  const program = chain(150);
  const count = programToJson(program).schedules[0]?.buffers.length ?? 0;
  assert.ok(count > 300, `${count}`);
  for (const maxWidth of [340, 840]) {
    const picture = draw(program, { show: "memory", maxNodes: 1000, maxWidth });
    assert.equal(collisions(picture), []);
    assert.ok(picture.width < 840.5);
  }
});

// --- options -------------------------------------------------------------------------------------------------------------

test("the same program gives the same text, and the theme only other colours", () => {
  for (const show of shows) {
    assert.is(programToSvg(linearStep(), { show }), programToSvg(linearStep(), { show }));
    const plain = (theme: "light" | "dark") =>
      programToSvg(linearStep(), { show, theme })
        .replace(/chainrule-\w+/g, "")
        .replace(/<style>.*?<\/style>/s, "");
    assert.is(plain("light"), plain("dark"));
  }
  assert.match(programToSvg(linearStep()), /prefers-color-scheme: dark/);
});

test("a title and a description of one's own", () => {
  const { root } = draw(linearStep(), { title: "My step", description: "What it does" });
  assert.is(root.getElementsByTagName("title")[0]?.textContent, "My step");
  assert.is(root.getElementsByTagName("desc")[0]?.textContent, "What it does");
});

test("bad input is an error that says what to do", () => {
  const program = linearStep();
  const bad = (given: object, message: RegExp) =>
    assert.throws(
      () => programToSvg(program, given as ProgramSvgOptions),
      (error: unknown) => error instanceof ChainruleError && message.test(error.message),
    );
  bad({ show: "memroy" }, /^programToSvg: show "memroy": "graph" or "kernels" or "memory" is meant/);
  bad({ shows: "graph" }, /^programToSvg: unknown option shows/);
  bad({ maxWidth: 0 }, /^programToSvg: maxWidth 0: a number of pixels above 0 is needed/);
  bad({ digits: 0 }, /^programToSvg: digits 0/);
  bad({ theme: "blue" }, /^programToSvg: theme "blue"/);
  bad({ fold: "yes" }, /^programToSvg: /);
  bad(
    { maxNodes: 3 },
    /^programToSvg: the program has 8 kernels, more than maxNodes \(3\); draw a smaller function, .*show "memory"/,
  );
  bad({ maxNodes: 3, show: "memory" }, /^programToSvg: the program has \d+ buffers/);
  assert.throws(
    () => programToSvg("f" as never),
    (error: unknown) => error instanceof ChainruleError && /^programToSvg: takes the program/.test(error.message),
  );
});

test.run();
