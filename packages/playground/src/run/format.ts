import { Tensor } from "@chainrule/core";

/** How deep objects are written, how many elements of a list, and how many characters in all. */
const DEPTH = 4;
const ELEMENTS = 100;
const CHARACTERS = 20_000;

/** Values side by side, as a console writes them: texts as they are, all else as it would be typed. */
export function formatAll(values: readonly unknown[]): string {
  return cut(values.map((value) => (typeof value === "string" ? value : format(value))).join(" "));
}

/** A value as text; of tensors the name, the dtype where it is not float64, the shape and the elements. */
export function format(value: unknown): string {
  return cut(write(value, DEPTH, new Set()));
}

function cut(text: string): string {
  return text.length <= CHARACTERS ? text : `${text.slice(0, CHARACTERS)} ...`;
}

function write(value: unknown, depth: number, above: ReadonlySet<object>): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      return value.name === "" ? "(a function)" : `(function ${value.name})`;
    case "object":
      return value === null ? "null" : writeObject(value, depth, above);
    default:
      return String(value);
  }
}

function writeObject(value: object, depth: number, above: ReadonlySet<object>): string {
  if (value instanceof Tensor) return formatTensor(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return value.toISOString();
  // A report, or another thing that knows how to be written.
  if (!Array.isArray(value) && !ArrayBuffer.isView(value) && ownText(value)) return String(value);
  if (above.has(value)) return "(itself)";
  const within = new Set(above).add(value);
  const inner = (of: unknown) => write(of, depth - 1, within);
  if (value instanceof Map) return `Map ${braces([...value].map(([key, of]) => `${inner(key)} => ${inner(of)}`))}`;
  if (value instanceof Set) return `Set ${braces([...value].map(inner))}`;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    const list = value as ArrayLike<unknown>;
    const kind = Array.isArray(value) ? "" : `${value.constructor.name}(${list.length}) `;
    if (depth === 0) return `${kind}[...]`;
    const shown = Array.from({ length: Math.min(list.length, ELEMENTS) }, (_, i) => inner(list[i]));
    return `${kind}[${[...shown, ...(list.length > ELEMENTS ? ["..."] : [])].join(", ")}]`;
  }
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "";
  const kind = name === "" || name === "Object" ? "" : `${name} `;
  if (depth === 0) return `${kind}{...}`;
  return `${kind}${braces(Object.entries(value).map(([key, of]) => `${/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : JSON.stringify(key)}: ${inner(of)}`))}`;
}

/** Whether its class says how it is written as text. */
function ownText(value: object): boolean {
  const own = (value as { toString?: unknown }).toString;
  return typeof own === "function" && own !== Object.prototype.toString;
}

function braces(parts: readonly string[]): string {
  if (parts.length === 0) return "{}";
  const shown = parts.length > ELEMENTS ? [...parts.slice(0, ELEMENTS), "..."] : parts;
  const line = `{ ${shown.join(", ")} }`;
  return line.length <= 72 && !line.includes("\n")
    ? line
    : `{\n${shown.map((part) => `  ${part.replaceAll("\n", "\n  ")},`).join("\n")}\n}`;
}

/** "price: 220", "[2, 3] [[1, 2, 3], [4, 5, 6]]", "float32 [100] [0, 0, 0, ..., 0]" */
function formatTensor(tensor: Tensor): string {
  return String(tensor)
    .replace(/(^|: )float64 \[\] /, "$1")
    .replace(/(^|: )float64 (?=\[)/, "$1");
}
