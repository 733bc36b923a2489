import { isClass } from "../checks.js";
import { ChainruleError } from "../errors.js";
import { Argument } from "../graph/argument.js";
import { jsonNumber, numberOfText } from "../graph/json.js";
import { Node, type NodeSettings } from "../graph/node.js";
import { nodeClasses } from "../ops/methods.js";
import { isRecord } from "../options.js";
import { show } from "../show.js";

/** A class of nodes: made with its settings, see `Node.settings`. */
export interface OpClass {
  readonly settings?: NodeSettings;
  new (...settings: never[]): Node;
}

/** What JSON has of settings. */
export type SettingJSON =
  | number
  | string
  | boolean
  | null
  | readonly SettingJSON[]
  | { readonly [key: string]: SettingJSON };
export type SettingsJSON = Readonly<Record<string, SettingJSON>>;

/** How deep settings may be nested. */
const DEPTH = 16;

/** The classes of nodes by the names that JSON has for them: core's by the names that they are exported by, and those of the caller. */
export class OpClasses {
  private readonly classes = new Map<string, OpClass>();
  private readonly names = new Map<unknown, string>();

  constructor(op: string, given: unknown = {}) {
    for (const [name, exported] of Object.entries(nodeClasses())) if (isNodeClass(exported)) this.add(name, exported);
    // What transforms leave in graphs, as `grad` does in that of a gradient.
    this.add("Argument", Argument);
    if (!isRecord(given)) throw new ChainruleError(`${op}: ops are a record of classes of nodes, got ${show(given)}`);
    for (const [name, own] of Object.entries(given)) {
      if (!isNodeClass(own)) {
        throw new ChainruleError(`${op}: ops: ${show(name)} is ${show(own)}; a class that extends Node is needed`);
      }
      const known = this.classes.get(name);
      if (known !== undefined && known !== own) {
        throw new ChainruleError(`${op}: ops: ${show(name)} is the name of an op of core; give it another one`);
      }
      this.add(name, own);
    }
  }

  private add(name: string, Op: OpClass): void {
    this.classes.set(name, Op);
    this.names.set(Op, name);
  }

  /** What JSON calls the op of a node; `undefined` for a node of another class. */
  nameOf(node: Node): string | undefined {
    return this.names.get(node.constructor);
  }

  get(name: string): OpClass | undefined {
    return this.classes.get(name);
  }
}

function isNodeClass(value: unknown): value is OpClass {
  return typeof value === "function" && isClass(value) && value.prototype instanceof Node;
}

function fieldsOf(Op: OpClass): NodeSettings {
  return Op.settings ?? [];
}

/** All settings of a node of a class that is known, by the names of its fields; those that are left to their default are left out. */
export function settingsOf(node: Node): SettingsJSON {
  const names = fieldsOf(node.constructor as OpClass).flat();
  return jsonOfRecord(names.map((name) => [name, Reflect.get(node, name)]));
}

/** The node of a class with these settings, or the error of its constructor. */
export function nodeWith(Op: OpClass, settings: unknown = {}): Node {
  const given = checkRecord(settings);
  const parts = fieldsOf(Op);
  const names = parts.flat();
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const known = names.length === 0 ? "it has none" : `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
    throw new ChainruleError(`unknown setting ${show(name)}; ${known}`);
  }
  const read = (name: string) => (Object.hasOwn(given, name) ? settingOf(given[name]) : undefined);
  const args = parts.map((part) =>
    typeof part === "string" ? read(part) : Object.fromEntries(part.map((name) => [name, read(name)])),
  );
  return new Op(...(args as never[]));
}

/** Settings of any kind, those of a node of the user's, as JSON can show them. */
export function shownSettings(settings: Readonly<Record<string, unknown>>): SettingsJSON {
  return jsonOfRecord(Object.entries(settings));
}

/** The other way: settings that are only shown. */
export function readSettings(settings: unknown = {}): Readonly<Record<string, unknown>> {
  const given = checkRecord(settings);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, settingOf(value)]));
}

function checkRecord(settings: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(settings)) return settings;
  throw new ChainruleError(`settings are a record, got ${show(settings)}`);
}

/** fromEntries, which makes a field of any name, `__proto__` too. */
function jsonOfRecord(entries: readonly (readonly [name: string, value: unknown])[], depth = 0): SettingsJSON {
  const given = entries.filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, jsonOfSetting(value, depth)]));
}

function jsonOfSetting(value: unknown, depth: number): SettingJSON {
  if (typeof value === "number") return jsonNumber(value);
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (depth < DEPTH) {
    if (Array.isArray(value)) return Array.from(value, (element) => jsonOfSetting(element, depth + 1));
    if (isRecord(value)) return jsonOfRecord(Object.entries(value), depth + 1);
  }
  return show(value);
}

/** A setting out of JSON, with numbers for the texts that stand for them. */
function settingOf(json: unknown, depth = 0): unknown {
  if (typeof json === "string") return numberOfText(json) ?? json;
  if (typeof json !== "object" || json === null) return json;
  if (depth >= DEPTH) throw new ChainruleError(`a setting is nested more than ${DEPTH} deep`);
  if (Array.isArray(json)) return Array.from(json, (element) => settingOf(element, depth + 1));
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, settingOf(value, depth + 1)]));
}
