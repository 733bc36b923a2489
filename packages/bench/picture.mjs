// Draws `speed.svg` from the table of RESULTS.md: `node packages/bench/picture.mjs`, after a build, when the table has changed.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { faint, font, gridLine, ink, markup, palette, picture } from "../examples/dist/src/support/style.js";

/** What is drawn: a work, as it is named on the picture and how its row begins, with way and peer. */
const groups = [
  ["a training step, 784-50-10, MNIST", "step 784-50-10,", [
    ["compiled", "tfjs wasm"], ["compiled", "jax-js jit"], ["compiled", "NumPy, textbook's mixed precision"], ["eager", "tfjs wasm"],
  ]],
  ["a training step, 784-512-512-10, MNIST", "step 784-512-512-10,", [["compiled", "tfjs wasm"], ["compiled", "jax-js jit"]]],
  ["a training step of a convolutional network", "step of conv", [["compiled", "jax-js jit"], ["compiled", "PyTorch"]]],
  ["1,000 additions of 10 elements, and back", "chain of 1,000", [["compiled", "PyTorch"], ["eager", "tfjs cpu"]]],
  ["100,000 scalar nodes, and back", "scalar graph of 10^5", [["compiled", "micrograd in JavaScript"]]],
  ["exp of a million elements", "exp of 10^6 elements", [["compiled", "plain loop into an array that is there"]]],
  ["product of 256 x 256 matrices", "matmul of 256 x 256 matrices", [["compiled", "tfjs wasm"], ["eager", "tfjs wasm"]]],
  ["product of 1024 x 1024 matrices", "matmul of 1024 x 1024 matrices", [["compiled", "tfjs wasm"]]],
]; // biome-ignore format: a table

const shortened = { "NumPy, textbook's mixed precision": "NumPy", "micrograd in JavaScript": "micrograd", "plain loop into an array that is there": "a plain loop" }; // biome-ignore format: a table

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

function rowsOf(page) {
  const cells = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  return cells.filter((row) => row.length > 8).map(([, work, way, , peer, , ratio]) => ({ work, way, peer, ratio }));
}

/** The picture of a page with the table, as the text of an SVG file. */
export function draw(page) {
  const rows = rowsOf(page);
  const [left, right, line, gap, top] = [270, 640, 20, 12, 56];
  /** From half as fast to 500 times as fast. */
  const x = (ratio) => left + ((right - left) * Math.log(ratio / 0.5)) / Math.log(1000);
  const text = (at, y, what, { anchor = "start", size = 12, color = ink, weight = 400 } = {}) =>
    `<text x="${at.toFixed(1)}" y="${y}" font-family="${font}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${color}">${markup(what)}</text>`;
  const parts = [];
  const said = [];
  let y = top;
  for (const [title, start, bars] of groups) {
    parts.push(text(16, y + 14, title));
    for (const [way, peer] of bars) {
      const row = rows.find((each) => each.work.startsWith(start) && each.way === way && each.peer === peer);
      if (row === undefined) throw new Error(`the table has no row "${start} ... | ${way} | ${peer}"`);
      const ratio = Number(row.ratio);
      const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
      const color = way === "compiled" ? palette[0] : palette[1];
      const shown = ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(ratio < 2 ? 2 : 1);
      parts.push(
        `<rect x="${from.toFixed(1)}" y="${y + 3}" width="${Math.max(to - from, 1.5).toFixed(1)}" height="${line - 6}" fill="${color}"/>`,
      );
      parts.push(text(to + 6, y + 14, `${shown} × ${shortened[peer] ?? peer}`));
      said.push(`${title}, ${way}: ${shown} times ${shortened[peer] ?? peer}`);
      y += line;
    }
    y += gap;
  }
  const ticks = [1, 10, 100].map(
    (ratio) =>
      `<line x1="${x(ratio).toFixed(1)}" y1="${top - 6}" x2="${x(ratio).toFixed(1)}" y2="${y - gap + 4}" stroke="${ratio === 1 ? faint : gridLine}"/>${text(x(ratio), y + 8, ratio === 1 ? "as fast" : `${ratio} ×`, { anchor: "middle", size: 11 })}`,
  );
  const legend = [["compiled", palette[0]], ["eager", palette[1]]].map(
    ([name, color], i) => `<rect x="${left + 90 * i}" y="34" width="10" height="10" fill="${color}"/>${text(left + 90 * i + 15, 43, name)}`,
  ); // biome-ignore format: a row
  return picture({
    title: "How many times as fast as others",
    description: said.join("; "),
    width: 760,
    height: y + 22,
    content: [
      text(16, 24, "How many times as fast as others", { size: 15, weight: 600 }),
      ...legend,
      ...ticks,
      ...parts,
    ].join("\n"),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(file("speed.svg"), draw(readFileSync(file("RESULTS.md"), "utf8")));
