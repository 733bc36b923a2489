/** How many characters of a text, or elements of a list, an error shows. */
const TEXT = 40;
const ELEMENTS = 8;

/**
 * What was given in the place of something else, in a few words, for an error. It takes any value, also what cannot be made
 * a text by JavaScript (a symbol, an object without prototype, a list that holds itself), and reads no property of an object
 * that is not a list.
 *
 * @example
 * show("text"); // '"text"'
 * show([1, 2]); // "[1, 2]"
 * show({ a: 1 }); // "an object with a"
 */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(cut(value));
    case "bigint":
      return `${cut(String(value))}n`;
    case "symbol":
      return cut(String(value));
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : showAny(value);
    default:
      return String(value);
  }
}

/** An object in a few words, whatever it throws when it is looked at: a proxy may be revoked, a getter may fail. */
function showAny(value: object): string {
  try {
    return showObject(value);
  } catch {
    return "an object that cannot be looked at";
  }
}

/**
 * What a tensor has become on its way to somewhere else, with the repair; `null` for anything else, tensors of any copy of
 * the engine among it. Told by the names of its properties, none of which is read: in another realm (a frame, a test runner's
 * context) a plain object has another prototype.
 */
export function formOfTensor(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (isTensorClone(value)) {
    return "the plain object that structuredClone makes of a tensor (send x.toTransfer(), and make a tensor of it with fromTransfer(...))";
  }
  if (!("dtype" in value && "shape" in value) || Object.keys(value).length !== 3) return null;
  if ("values" in value) return "a tensor in the form of toJSON (make a tensor of it with fromJSON(...))";
  return "data" in value ? "a tensor in the form of toTransfer (make a tensor of it with fromTransfer(...))" : null;
}

/** The repair where a tensor was given in the place of a number, to go behind the rest of an error. */
export function ofTensor(value: unknown): string {
  return typeof value === "object" && value !== null && "item" in value ? ", as item() gives that of a tensor" : "";
}

/** Whether something is a tensor, of any copy of the engine: by what it has, as its class is made of what is here. */
export function isAnyTensor(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "shape" in value &&
    "dtype" in value &&
    "values" in value &&
    "backward" in value
  );
}

/** Whether something has the fields of a tensor and none of its methods. */
export function isTensorClone(value: object): boolean {
  return (
    "slot" in value &&
    "gradient" in value &&
    "values" in value &&
    "dtype" in value &&
    "shape" in value &&
    !("backward" in value)
  );
}

function showObject(value: object): string {
  if (Array.isArray(value)) return showList(value);
  const form = formOfTensor(value);
  if (form !== null) return form;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    const keys = Object.keys(value).slice(0, ELEMENTS);
    return keys.length === 0 ? "an empty object" : `an object with ${cut(keys.join(", "))}`;
  }
  const name: unknown = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  // In a bundle a class that names itself has a line before its name.
  const kind = typeof name === "string" && name !== "" ? cut(name.replace(/^_(?=[A-Z])/, "")) : "class";
  const length = ArrayBuffer.isView(value) && "length" in value ? ` of length ${String(value.length)}` : "";
  return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}${length}`;
}

/**
 * Names from outside, of which there may be any number, each of any length: the first few, and how many more there are.
 *
 * @example
 * showNames(["a", "b"]); // "a, b"
 */
export function showNames(names: readonly string[]): string {
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) return show(names);
  const more = names.length - ELEMENTS;
  const some = names.slice(0, more > 1 ? ELEMENTS : names.length).map(cut);
  return more > 1 ? `${some.join(", ")} and ${more} more` : some.join(", ");
}

/** A list as it would be written, if it is a short one of numbers and texts, or else what it holds. */
function showList(list: readonly unknown[]): string {
  if (list.length > ELEMENTS) return `an array of length ${list.length}`;
  const parts = Array.from(list, (element) => (Array.isArray(element) ? "[...]" : show(element)));
  return `[${parts.join(", ")}]`;
}

function cut(text: string): string {
  return text.length <= TEXT ? text : `${text.slice(0, TEXT)}...`;
}
