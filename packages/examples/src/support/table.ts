/** The table of packages/examples/README.md, made of what the examples found when they last ran in full. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chapters, type Example, introduction } from "../list.js";
import { type ExampleRecord, figurePath, readRecord } from "./record.js";
import type { Finding } from "./report.js";

export const tableFile = fileURLToPath(new URL("../../../README.md", import.meta.url));

const [begin, end] = ["<!-- table: written by npm run example -- NAME --record -->", "<!-- end of table -->"];

/** More lines than this would hide the others: then the first of them stand for all. */
const [mostNumbers, shownNumbers] = [8, 6];

/** The text of the README with its table anew. */
export function tableOf(): string {
  const text = readFileSync(tableFile, "utf8");
  const [head, tail] = [text.split(begin)[0], text.split(end)[1]];
  if (head === undefined || tail === undefined) throw new Error(`${tableFile}: has no place for the table`);
  const parts = chapters.map(({ title, examples }) =>
    [
      `### ${title}`,
      "",
      "| `npm run example ...` | number | ours | source or bound | figures |",
      "|---|---|---|---|---|",
      ...examples.flatMap((example) => rows(example, readRecord(example))),
      "",
    ].join("\n"),
  );
  return `${head}${begin}\n\n${parts.join("\n")}\n${end}${tail}`;
}

/** Writes the table anew, of the records that there are. */
export function writeTable(): void {
  writeFileSync(tableFile, tableOf());
}

/** A line for each number; the program and its figures stand in the first. */
function rows(example: Example, record: ExampleRecord | undefined): string[] {
  const { name, file } = example;
  const source = file
    .replace(/.*[\\/]dist[\\/]/, "")
    .replaceAll("\\", "/")
    .replace(/\.js$/, ".ts");
  const program = `[\`${name}\`](${source})<br>${markdown(introduction(example)[0] ?? "")}`;
  if (record === undefined) return [line(program, "not run yet", "", "", "")];
  const figures = record.figures
    .map((figure) => `[${figure.replace(/\.svg$/, "")}](${figurePath(name, figure)})`)
    .join("<br>");
  const shown = record.numbers.length <= mostNumbers ? mostNumbers : shownNumbers;
  const [first, ...others] = record.numbers.slice(0, shown);
  const more = record.numbers.slice(shown);
  const number = ({ name, ours, wanted, ok }: Finding) =>
    [markdown(name), markdown(ours), `${markdown(wanted)}${ok ? "" : " **not met**"}`] as const;
  return [
    line(program, ...(first === undefined ? (["", "", ""] as const) : number(first)), figures),
    ...others.map((finding) => line("", ...number(finding), "")),
    ...(more.length > 0 ? [line("", `and ${more.length} more`, verdict(more), "", "")] : []),
  ];
}

function line(program: string, name: string, ours: string, wanted: string, figures: string): string {
  return `| ${program} | ${name} | ${ours} | ${wanted} | ${figures} |`;
}

function verdict(findings: readonly Finding[]): string {
  const missed = findings.filter(({ ok }) => !ok).length;
  return missed === 0 ? "all met" : `**${missed} not met**`;
}

function markdown(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*");
}
