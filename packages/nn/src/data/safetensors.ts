import {
  checkNoMore,
  type DType,
  formatShape,
  fromArray,
  show,
  sizeOf,
  type Tensor,
  type TypedArray,
} from "@chainrule/core";
import { checkTensors } from "../checks.js";
import type { NamedTensors } from "../layers/layer.js";
import { checkBytes, DataError } from "./errors.js";

/** What a safetensors file holds: tensors by name, and texts about them. */
export interface TensorFile {
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/** One element type of the format: how it is called there, and how an element is written and read. */
interface Format {
  readonly code: string;
  readonly bytes: number;
  readonly array: new (size: number) => TypedArray;
  readonly write: (view: DataView, at: number, value: number) => void;
  readonly read: (view: DataView, at: number) => number;
}

const formats: Readonly<Record<DType, Format>> = {
  float64: {
    code: "F64",
    bytes: 8,
    array: Float64Array,
    write: (view, at, value) => view.setFloat64(at, value, true),
    read: (view, at) => view.getFloat64(at, true),
  },
  float32: {
    code: "F32",
    bytes: 4,
    array: Float32Array,
    write: (view, at, value) => view.setFloat32(at, value, true),
    read: (view, at) => view.getFloat32(at, true),
  },
  int32: {
    code: "I32",
    bytes: 4,
    array: Int32Array,
    write: (view, at, value) => view.setInt32(at, value, true),
    read: (view, at) => view.getInt32(at, true),
  },
  bool: {
    code: "BOOL",
    bytes: 1,
    array: Uint8Array,
    write: (view, at, value) => view.setUint8(at, value),
    read: (view, at) => view.getUint8(at),
  },
};

const METADATA = "__metadata__";
/** The length of the header, which begins the file, takes eight bytes. */
const LENGTH_BYTES = 8;
/** The format's own limit. */
const HEADER_MAX = 100_000_000;

/**
 * Tensors as the bytes of a safetensors file (https://github.com/huggingface/safetensors): the length of the header, 8
 * bytes, little-endian; the header, JSON with dtype, shape and place of each tensor; the elements, little-endian. Any
 * dtype; the largest elements come first, so that each tensor is aligned.
 *
 * @param metadata texts to be kept with the tensors, such as the options of a run
 *
 * @example
 * const bytes = encodeSafetensors({ W: tensor([[1, 2], [3, 4]]) }, { step: "100" });
 * const { tensors, metadata } = decodeSafetensors(bytes);
 * Object.values(tensors).map((x) => x.toArray()); // [[[1, 2], [3, 4]]]
 * metadata; // { step: "100" }
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
  ...none: []
): Uint8Array {
  checkNoMore("encodeSafetensors", none);
  checkTensors("safetensors", "tensors", tensors);
  if (!isTexts(metadata)) throw new DataError(`safetensors: metadata are texts by name, got ${show(metadata)}`);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string")
      throw new DataError(`safetensors: metadata ${key} is a ${typeof value}; only strings can be stored`);
  }
  if (Object.hasOwn(tensors, METADATA))
    throw new DataError(`safetensors: ${METADATA} cannot name a tensor: the format keeps it`);
  let size = 0;
  const placed = Object.entries(tensors)
    .sort(([, a], [, b]) => formats[b.dtype].bytes - formats[a.dtype].bytes)
    .map(([name, tensor]) => {
      const begin = size;
      size += tensor.size * formats[tensor.dtype].bytes;
      return { name, tensor, begin, end: size };
    });
  const entries: [string, unknown][] = placed.map(({ name, tensor, begin, end }) => [
    name,
    { dtype: formats[tensor.dtype].code, shape: tensor.shape, data_offsets: [begin, end] },
  ]);
  if (Object.keys(metadata).length > 0) entries.unshift([METADATA, metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = LENGTH_BYTES + Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;

  const bytes = new Uint8Array(start + size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  bytes.fill(0x20, LENGTH_BYTES, start); // the header is filled up with spaces
  bytes.set(json, LENGTH_BYTES);
  for (const { tensor, begin } of placed) {
    const format = formats[tensor.dtype];
    let at = start + begin;
    for (const value of tensor.data) {
      format.write(view, at, value);
      at += format.bytes;
    }
  }
  return bytes;
}

function isTexts(metadata: unknown): boolean {
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
}

/**
 * The tensors and texts in the bytes of a safetensors file, all of it checked first.
 *
 * @param name what errors call the data, such as the name of its file
 * @example
 * const { tensors } = decodeSafetensors(encodeSafetensors({ w: tensor([1, 2]) }));
 * tensors.w.toArray(); // [1, 2]
 *
 * @throws DataError when it is cut short, too long, inconsistent, or has a dtype other than F64, F32, I32 and BOOL.
 */
export function decodeSafetensors(bytes: Uint8Array, name = "safetensors", ...none: []): TensorFile {
  checkNoMore("decodeSafetensors", none);
  checkBytes("decodeSafetensors", bytes, name);
  const { entries, metadata, start } = readHeader(bytes, name);
  checkPlaces(entries, bytes.length - start, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors = entries.map(({ key, dtype, shape, begin }): [string, Tensor] => {
    const format = formats[dtype];
    const array = new format.array(sizeOf(shape));
    for (let i = 0, at = start + begin; i < array.length; i++, at += format.bytes) array[i] = format.read(view, at);
    if (dtype === "bool") {
      const bad = array.findIndex((value) => value > 1);
      if (bad !== -1) throw new DataError(`${name}: tensor ${key}: element ${bad} is ${array[bad]}, no bool (0 or 1)`);
    }
    try {
      return [key, fromArray(array, shape, { dtype })];
    } catch (cause) {
      throw new DataError(`${name}: tensor ${key}: ${(cause as Error).message}`, { cause });
    }
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

interface Entry {
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeader(bytes: Uint8Array, name: string) {
  if (bytes.length < LENGTH_BYTES) {
    throw new DataError(`${name}: truncated: ${bytes.length} bytes have no room for the length of the header`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > HEADER_MAX) throw new DataError(`${name}: no safetensors file: its header would have ${length} bytes`);
  const start = LENGTH_BYTES + length;
  if (bytes.length < start) {
    throw new DataError(`${name}: truncated: ${bytes.length} bytes, but the header ends at byte ${start}`);
  }
  if (bytes[LENGTH_BYTES] !== "{".charCodeAt(0)) throw new DataError(`${name}: the header is no JSON object`);
  let header: Record<string, unknown>;
  let repeated: string | undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(LENGTH_BYTES, start));
    header = JSON.parse(text);
    repeated = repeatedKey(text);
  } catch (cause) {
    throw new DataError(`${name}: the header is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (repeated !== undefined) {
    throw new DataError(
      `${name}: the header has the key ${JSON.stringify(repeated)} twice; which is meant nobody can say`,
    );
  }
  const { [METADATA]: metadata = {}, ...described } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw new DataError(`${name}: ${METADATA} is no object of strings`);
  }
  const entries = Object.entries(described).map(([key, value]) => readEntry(key, value, name));
  return { entries, metadata: metadata as Record<string, string>, start };
}

function readEntry(key: string, value: unknown, name: string): Entry {
  if (!isRecord(value)) throw new DataError(`${name}: tensor ${key}: its description is no object`);
  const { dtype: code, shape, data_offsets: offsets } = value;
  const dtype = (Object.keys(formats) as DType[]).find((known) => formats[known].code === code);
  if (dtype === undefined) {
    const known = Object.values(formats).map((format) => format.code);
    throw new DataError(`${name}: tensor ${key}: dtype ${shown(code)} is none of ${known.join(", ")}`);
  }
  if (!isSizes(shape)) throw new DataError(`${name}: tensor ${key}: ${shown(shape)} is no shape`);
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined) {
    throw new DataError(`${name}: tensor ${key}: data_offsets ${shown(offsets)} are no [begin, end]`);
  }
  const size = sizeOf(shape) * formats[dtype].bytes;
  if (end - begin !== size) {
    throw new DataError(
      `${name}: tensor ${key}: ${dtype} ${formatShape(shape)} takes ${size} bytes, but its offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  }
  return { key, dtype, shape, begin, end };
}

/** The tensors fill the bytes behind the header, one behind the other. */
function checkPlaces(entries: readonly Entry[], size: number, name: string): void {
  let at = 0;
  for (const { key, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at)
      throw new DataError(`${name}: tensor ${key} overlaps another one: it begins at byte ${begin}, before ${at}`);
    if (begin > at) throw new DataError(`${name}: bytes ${at} to ${begin}, before tensor ${key}, belong to no tensor`);
    at = end;
  }
  if (size < at) throw new DataError(`${name}: truncated: the tensors take ${at} bytes behind the header, got ${size}`);
  if (size > at) throw new DataError(`${name}: ${size - at} extra bytes at the end, which belong to no tensor`);
}

/** The first key that an object of a JSON text has twice: parsed, the last one would win. The text is valid JSON. */
function repeatedKey(json: string): string | undefined {
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g;
  const open: (Set<string> | null)[] = [];
  for (let token = tokens.exec(json); token !== null; token = tokens.exec(json)) {
    const [text, colon] = token;
    if (text === "{") open.push(new Set());
    else if (text === "[") open.push(null);
    else if (text === "}" || text === "]") open.pop();
    else if (colon !== undefined) {
      const key: string = JSON.parse(text.slice(0, -colon.length));
      const keys = open[open.length - 1];
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** A value of a file for an error: what is nested may be so without end. */
function shown(value: unknown): string {
  const isFlat = Array.isArray(value) && value.length <= 16 && value.every((element) => typeof element !== "object");
  if (isFlat || typeof value !== "object" || value === null) return JSON.stringify(value);
  return Array.isArray(value) ? `an array of ${value.length}` : "an object";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
