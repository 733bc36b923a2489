/** What a run of an example found, as data: the table of packages/examples/README.md is made of these records. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Example } from "../list.js";
import { writtenFiles } from "./file.js";
import { type Finding, findings } from "./report.js";
import { writeTable } from "./table.js";

export interface ExampleRecord {
  readonly name: string;
  readonly seconds: number;
  readonly numbers: readonly Finding[];
  /** The names of the pictures. */
  readonly figures: readonly string[];
}

const folder = new URL("../../../", import.meta.url);

/** The record of the run that has just ended. */
export function recordOf({ name }: Example, seconds: number): ExampleRecord {
  const figures = writtenFiles().filter((file) => file.endsWith(".svg"));
  return {
    name,
    seconds: Math.round(seconds * 10) / 10,
    numbers: findings(),
    figures: figures.map((file) => basename(file)),
  };
}

/** Keeps the record and the pictures of the run that has just ended, and writes the table anew. */
export function saveRecord(example: Example, seconds: number): void {
  const file = recordFile(example);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(recordOf(example, seconds), null, 2)}\n`);
  for (const figure of writtenFiles().filter((name) => name.endsWith(".svg"))) {
    const kept = fileURLToPath(new URL(figurePath(example.name, basename(figure)), folder));
    mkdirSync(dirname(kept), { recursive: true });
    copyFileSync(figure, kept);
  }
  writeTable();
}

/** Where a figure of an example is kept, from the package's folder. */
export function figurePath(name: string, figure: string): string {
  return `figures/${dirname(name)}/${figure}`;
}

/** What was found when the example last ran in full. */
export function readRecord(example: Example): ExampleRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(example), "utf8"));
  } catch {
    return undefined;
  }
}

function recordFile({ name }: Example): string {
  return fileURLToPath(new URL(`records/${name}.json`, folder));
}
