// The reference has every public name, and of each what a reader needs.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pages } from "../reference/groups.mjs";
import { entryPoints } from "../reference/model.mjs";
import { isNode, isOp, namesOp } from "../reference/render.mjs";
import { pictured, pictureOf, without } from "../reference/samples.mjs";
import { sourceHref } from "../reference/sources.mjs";
import { check, none } from "./checks.mjs";

const site = fileURLToPath(new URL("..", import.meta.url));

export async function checkReference() {
  const made = JSON.parse(readFileSync(`${site}/node_modules/.made/reference.json`, "utf8"));
  const entries = made.flatMap(({ entries }) => entries);
  const text = new Map(pages.map(({ path }) => [path, readFileSync(`${site}/en/reference/${path}.md`, "utf8")]));
  const pageOf = (entry) => made.find(({ entries }) => entries.includes(entry)).path;
  /** What stands between the heading of an entry and the next of its level. */
  const sectionOf = (entry) => {
    const page = text.get(pageOf(entry));
    const heading = [...page.matchAll(/^(#{2,3}) (\S+) \{#(.+)\}$/gm)].filter(([, , name]) => name === entry.name);
    const at = heading.find(({ index }) => page.slice(index).includes(`"${sourceHref(entry)}"`)) ?? heading[0];
    return at === undefined ? undefined : page.slice(at.index, page.indexOf("\n## ", at.index + 4) + 1 || undefined);
  };

  await check("every export of every entry point is an entry", async () => {
    const lost = [];
    for (const { name } of entryPoints) {
      // What runs: the values; types are in the model alone, which TypeDoc made of the same index.
      for (const exported of Object.keys(await import(name)))
        if (!entries.some((entry) => entry.name === exported && entry.from === name)) lost.push(`${name}: ${exported}`);
    }
    none(lost, "exported, and not in the reference");
  });
  await check("there are as many entries as the packages have grown to", () => {
    if (entries.length < 750) throw new Error(`${entries.length} entries: the reader of the sources has lost some`);
  });
  await check("every entry has a section with a link to its code", () => {
    none(
      entries.filter((entry) => !sectionOf(entry)?.includes(`"${sourceHref(entry)}"`)).map(({ name }) => name),
      "without a section, or without a link to its code",
    );
  });
  await check("every entry says what it is", () => {
    const silent = entries.filter((entry) => {
      if (entry.docs.text !== "") return false;
      // A node is said to be that of its op; a type stands at what it is for, by its name.
      return !/^(The node that|Options of|Stands in the declaration of) /m.test(sectionOf(entry) ?? "");
    });
    none(
      silent.map(({ name, file }) => `${name} of ${file}`),
      "without a description",
    );
  });
  await check("every function and class has an example", () => {
    // Nodes have that of their op, and stand in it.
    const needs = entries.filter((entry) => entry.kind !== "type" && !isNode(entry));
    none(
      needs.filter(({ docs }) => docs.examples.length === 0).map(({ name, file }) => `${name} of ${file}`),
      "without @example",
    );
  });
  await check("every member of a class stands with it", () => {
    const classes = entries.filter((entry) => entry.kind === "class" && !isNode(entry));
    const lost = classes.flatMap((entry) =>
      entry.members
        .filter(({ kind, isInherited }) => kind !== "constructor" && !isInherited)
        .filter(
          ({ name }) => !new RegExp(`[{"]#?${entry.name}\\.${name.replace(/\W/g, "\\$&")}["}]`).test(sectionOf(entry)),
        )
        .map(({ name }) => `${entry.name}.${name}`),
    );
    none(lost, "not in the reference");
  });
  await check("every option has a description, its own or that of the option that it is made from", () => {
    const undocumented = entries
      .filter(({ kind, name }) => kind === "type" && name.endsWith("Options"))
      .flatMap(({ name, members }) =>
        members.filter(({ docs }) => docs.text === "").map((member) => `${name}.${member.name}`),
      );
    none(undocumented, "without a docstring");
  });
  await check("every op has a picture, or a reason to have none", () => {
    const names = entries.filter(isOp).map(({ name }) => name);
    none(
      names.filter((name) => pictureOf(name) === undefined && without[name] === undefined),
      "without a picture",
    );
    none(
      [...pictured(), ...Object.keys(without)].filter((name) => !names.includes(name)),
      "in the table of pictures, and no ops",
    );
  });
  await check("every op with a node of its own has its formulas", () => {
    const ops = entries.filter(isOp).filter((entry) => entries.some((each) => isNode(each) && namesOp(each, entry)));
    // These two add what their node gives to x; the third is a check.
    const others = ["indexAdd", "scatterAdd", "inRange"];
    const silent = ops.filter((entry) => !sectionOf(entry).includes('class="formulas"')).map(({ name }) => name);
    none(
      silent.filter((name) => !others.includes(name)),
      "without formulas",
    );
  });
  await check("a curve and that of its derivative have the places of the function's values and slopes", () => {
    const svg = pictureOf("square");
    const [, from, to] = /for x from (\S+) to (\S+)"/.exec(svg).map(Number);
    const ticks = Array.from(svg.matchAll(/x="28" y="([\d.]+)" text-anchor="end">(-?\d+)</g), (each) =>
      each.slice(1).map(Number),
    );
    const [low, high] = [ticks[0], ticks.at(-1)];
    // The text of a tick stands 4 below its line.
    const y = (value) => low[0] - 4 + ((value - low[1]) * (high[0] - low[0])) / (high[1] - low[1]);
    for (const [name, f] of [
      ["value", (x) => x * x],
      ["slope", (x) => 2 * x],
    ]) {
      const points = Array.from(
        new RegExp(`class="${name}" d="M([^"]*)"`).exec(svg)[1].matchAll(/([\d.]+) ([\d.]+)/g),
        (each) => each.slice(1).map(Number),
      );
      if (points.length < 50) throw new Error(`${points.length} points`);
      for (const [px, py] of points) {
        const x = from + ((px - 34) * (to - from)) / (300 - 34 - 10);
        if (Math.abs(py - y(f(x))) > 1) throw new Error(`${name} at ${x}: ${py} is not ${y(f(x))}`);
      }
    }
  });
  await check("a text about a class means its members, where an op has the same name", () => {
    const section = sectionOf(entries.find(({ name, from }) => name === "BatchNorm" && from === "@chainrule/nn"));
    if (!section.includes("The buffers [`mean`](#BatchNorm.mean)")) throw new Error(section);
  });
  await check("types in declarations are links", () => {
    const section = sectionOf(entries.find(({ name, from }) => name === "SGD" && from === "@chainrule/nn"));
    if (!section.includes('<a href="#SGDOptions">SGDOptions</a>')) throw new Error(section);
  });
}
