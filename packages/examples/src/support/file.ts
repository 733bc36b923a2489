/** Files that the examples write. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomically } from "@chainrule/nn/node";

const written: string[] = [];

/** Writes a text or bytes to a file, complete or not at all, and says so. */
export function saveFile(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomically(file, content);
  keepFile(file);
  console.log(`  written: ${file}`);
}

/** Notes a file that was written in another way. */
export function keepFile(file: string): void {
  written.push(file);
}

/** The files that were written so far. */
export function writtenFiles(): readonly string[] {
  return written;
}
