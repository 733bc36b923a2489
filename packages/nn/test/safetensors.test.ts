import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random, tensor, variable, zeros } from "@chainrule/core";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  DataError,
  decodeSafetensors,
  encodeSafetensors,
  loadParameters,
  type NamedTensors,
  Sequential,
} from "../src/index.js";
import { inTheWay, loadTensors, saveTensors, writeFileAtomically } from "../src/node.js";
import { assertThrows } from "./support.js";

/** What the format's own library (safetensors 0.8.0 for Python) wrote for these tensors. */
const reference = Buffer.from(
  "50010000000000007b225f5f6d657461646174615f5f223a7b226e6f7465223a226772c3bcc39f65222c2273656564223a223432227d2c2257223a7b" +
    "226474797065223a22463634222c227368617065223a5b322c325d2c22646174615f6f666673657473223a5b302c33325d7d2c2262223a7b22647479" +
    "7065223a22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b33322c34305d7d2c226e6f6e65223a7b226474797065" +
    "223a22463332222c227368617065223a5b302c335d2c22646174615f6f666673657473223a5b34302c34305d7d2c2273746570223a7b226474797065" +
    "223a22493332222c227368617065223a5b5d2c22646174615f6f666673657473223a5b34302c34345d7d2c226d61736b223a7b226474797065223a22" +
    "424f4f4c222c227368617065223a5b335d2c22646174615f6f666673657473223a5b34342c34375d7d7d2020000000000000f83f00000000000000c0" +
    "9a9999999999b93f355800662deb517e0000803e000080bf07000000010001",
  "hex",
);
const tensors: NamedTensors = {
  mask: tensor([true, false, true]),
  W: tensor([
    [1.5, -2],
    [0.1, 3e300],
  ]),
  b: tensor([0.25, -1], { dtype: "float32" }),
  none: zeros([0, 3], { dtype: "float32" }),
  step: tensor(7, { dtype: "int32" }),
};
const metadata = { note: "grüße", seed: "42" };

function assertSame(actual: NamedTensors, expected: NamedTensors): void {
  assert.equal(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    const other = actual[name];
    assert.is(other?.dtype, value.dtype, name);
    assert.equal([...(other?.shape ?? [])], [...value.shape], name);
    assert.ok(
      [...(other?.data ?? [])].every((element, i) => Object.is(element, value.data[i])),
      name,
    );
  }
}

test("safetensors: the bytes are those of the format's own library", () => {
  assert.equal(Buffer.from(encodeSafetensors(tensors, metadata)).toString("hex"), reference.toString("hex"));
  assert.equal(Buffer.from(encodeSafetensors({})).toString("hex"), "08000000000000007b7d202020202020");
});

test("safetensors: a file of the format's own library is read, wherever its bytes stand", () => {
  const shifted = new Uint8Array(reference.length + 3);
  shifted.set(reference, 3);
  for (const bytes of [reference, shifted.subarray(3)]) {
    const file = decodeSafetensors(bytes);
    assertSame(file.tensors, tensors);
    assert.equal(file.metadata, metadata);
  }
  assert.equal(decodeSafetensors(encodeSafetensors({})), { tensors: {}, metadata: {} });
});

test("safetensors: every bit of a float survives, and so do awkward names", () => {
  const awkward = Object.fromEntries([
    ["0.W", tensor([Number.NaN, Infinity, -Infinity, -0, 5e-324, 1.7976931348623157e308])],
    ["__proto__", tensor([1e-45, 3.4028234663852886e38, -0], { dtype: "float32" })],
    ["constructor", tensor([-2147483648, 2147483647], { dtype: "int32" })],
    ["", variable(0.1)],
    ['quote " and ü and \u2028', tensor(false)],
  ]);
  assertSame(decodeSafetensors(encodeSafetensors(awkward)).tensors, awkward);
  const random = new Random(1).normal([13, 7]);
  assertSame(decodeSafetensors(encodeSafetensors({ random })).tensors, { random });
});

test("safetensors: what the format cannot hold is an error", () => {
  assertThrows(() => encodeSafetensors({ __metadata__: tensor(1) }), DataError, "__metadata__");
  assertThrows(() => encodeSafetensors({}, { step: 3 as unknown as string }), DataError, "step", "number");
});

function file(header: unknown, data: readonly number[] = [], length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
const bools = (shape: unknown, offsets: unknown, dtype: unknown = "BOOL") => ({ dtype, shape, data_offsets: offsets });
const notUtf8 = file('{"x":{}}');
notUtf8[10] = 0xff;

const broken: readonly [name: string, bytes: Uint8Array, ...parts: string[]][] = [
  ["nothing", new Uint8Array(0), "truncated", "0 bytes"],
  ["seven bytes", new Uint8Array(7), "truncated", "7 bytes"],
  ["a header cut short", file({}, [], 3), "truncated", "ends at byte 11"],
  ["an enormous header", file({}, [], 2 ** 52), "its header would have"],
  ["no JSON", file("{nonsense}"), "the header is no JSON"],
  ["no UTF-8", notUtf8, "the header is no JSON"],
  ["a list", file("[]"), "no JSON object"],
  ["an empty header", file(""), "no JSON object"],
  ["deep JSON", file(`{"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`), "tensor x: its description is no object"],
  [
    "a deep shape",
    file(`{"x":{"dtype":"F32","shape":${"[".repeat(2e5)}${"]".repeat(2e5)},"data_offsets":[0,4]}}`),
    "an array of 1 is no shape",
  ],
  ["a deep dtype", file(`{"x":{"dtype":${'{"a":'.repeat(2e5)}1${"}".repeat(2e5)}}}`), "dtype an object is none of F64"],
  ["a tensor twice", file('{"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},"x":{}}', [1]), 'the key "x" twice'],
  ["a tensor twice, written in two ways", file('{"x":{},"\\u0078":{}}'), 'the key "x" twice'],
  [
    "a description with a key twice",
    file('{"x":{"dtype":"BOOL","dtype":"F32","shape":[1],"data_offsets":[0,1]}}', [1]),
    '"dtype" twice',
  ],
  ["a text twice", file('{"__metadata__":{"a":"{","a":"}"}}'), 'the key "a" twice'],
  ["a long name", file({ ["x".repeat(1e6)]: 1 }), "xx ... (", "its description is no object"],
  ["a name with control characters", file({ "\u001b[31mred\n": 1 }), "tensor \\u001b[31mred\\u000a: its description"],
  ["a header that does not begin with its brace", file(" {}"), "no JSON object"],
  ["metadata that is no text", file({ __metadata__: { step: 3 } }), "__metadata__"],
  ["metadata that is a list", file({ __metadata__: ["a"] }), "__metadata__"],
  [
    "a tensor of 65 axes",
    file({ x: bools(new Array(65).fill(1), [0, 1]) }, [1]),
    "weights: tensor x: fromArray: a shape of 65 axes",
  ],
  ["a tensor without description", file({ x: null }), "tensor x", "no object"],
  ["an unknown dtype", file({ x: bools([1], [0, 1], "F8_E4M3") }, [1]), "tensor x", "F8_E4M3", "F64, F32, I32, BOOL"],
  ["no dtype", file({ x: { shape: [], data_offsets: [0, 1] } }, [1]), "tensor x", "dtype"],
  ["a negative size", file({ x: bools([-1], [0, 1]) }, [1]), "tensor x", "no shape"],
  ["a broken size", file({ x: bools([1.5], [0, 1]) }, [1]), "tensor x", "no shape"],
  ["a shape that is a text", file({ x: bools("3", [0, 1]) }, [1]), "tensor x", "no shape"],
  ["one offset", file({ x: bools([1], [0]) }, [1]), "tensor x", "data_offsets"],
  ["offsets turned round", file({ x: bools([1], [1, 0]) }, [1]), "tensor x", "takes 1 bytes", "hold -1"],
  ["a size that is not that of the shape", file({ x: bools([2], [0, 1]) }, [1]), "tensor x", "takes 2 bytes", "hold 1"],
  ["a shape whose size overflows", file({ x: bools([2 ** 30, 2 ** 30, 2 ** 30], [0, 1]) }, [1]), "tensor x", "hold 1"],
  ["overlapping tensors", file({ x: bools([2], [0, 2]), y: bools([2], [1, 3]) }, [1, 1, 1]), "tensor y overlaps"],
  ["tensors on the same bytes", file({ x: bools([2], [0, 2]), y: bools([2], [0, 2]) }, [1, 1]), "overlaps"],
  ["a hole", file({ x: bools([1], [0, 1]), y: bools([1], [2, 3]) }, [1, 1, 1]), "bytes 1 to 2", "no tensor"],
  ["data cut short", file({ x: bools([2], [0, 2]) }, [1]), "truncated", "2 bytes", "got 1"],
  ["extra data", file({ x: bools([2], [0, 2]) }, [1, 1, 1]), "1 extra bytes"],
  ["a bool that is 2", file({ x: bools([2], [0, 2]) }, [1, 2]), "tensor x", "element 1 is 2"],
];
for (const [name, bytes, ...parts] of broken) {
  test(`decodeSafetensors: ${name} is an error that names what is wrong`, () => {
    assertThrows(() => decodeSafetensors(bytes, "weights"), DataError, "weights", ...parts);
  });
}

test("decodeSafetensors: no beginning of a file is a file", () => {
  for (let length = 0; length < reference.length; length++) {
    assertThrows(() => decodeSafetensors(reference.subarray(0, length)), DataError);
  }
});

function model(seed: number, outputs = 2, dtype: "float64" | "float32" = "float64") {
  return new Sequential({
    a: new Affine(3, 4, { random: new Random(seed), dtype }),
    b: new Affine(4, outputs, { random: new Random(seed + 1), dtype }),
  });
}

test("loadParameters: a model takes the saved values of another", () => {
  const [from, to] = [model(1), model(5)];
  const graph = to.forward(zeros([1, 3]));
  loadParameters(to, decodeSafetensors(encodeSafetensors(from.parameters())).tensors);
  assertSame(to.parameters(), from.parameters());
  assert.ok(Object.values(to.parameters()).every((parameter) => parameter.isVariable));
  assertThrows(() => graph.sum().backward(), Error, "updated with assign()");
  const record = { w: variable([1, 2]) };
  loadParameters(record, { w: tensor([3, 4]) });
  assert.equal(record.w.toArray(), [3, 4]);
});

test("loadParameters: what does not fit is refused, and nothing has changed", () => {
  const to = model(5);
  const before = model(5).parameters();
  const { "b.b": last, ...fewer } = model(1).parameters();
  for (const [saved, ...parts] of [
    [fewer, "missing: b.b"],
    [{ ...model(1).parameters(), extra: tensor(1) }, "not in the model: extra"],
    [{ ...fewer, "b.c": tensor(1) }, "missing: b.b, not in the model: b.c"],
    [model(1, 3).parameters(), "b.W is float64 [4, 2] in the model", "float64 [4, 3]"],
    [model(1, 2, "float32").parameters(), "a.W is float64 [3, 4]", "float32 [3, 4]"],
    [{ ...model(1).parameters(), "b.b": tensor([[1, 2]]) }, "b.b", "[1, 2]"],
  ] as const) {
    assertThrows(() => loadParameters(to, saved as NamedTensors), DataError, ...(parts as string[]));
    assertSame(to.parameters(), before);
  }
  assert.ok(last);
});
test.run();

const files = suite<{ folder: string }>("saveTensors and loadTensors");
files.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "tensors-"));
});
files.after.each(({ folder }) => {
  rmSync(folder, { recursive: true });
});

files("a file is read as it was saved, and replaces an older one", ({ folder }) => {
  const path = join(folder, "weights.safetensors");
  saveTensors(path, { old: tensor(1) });
  saveTensors(path, tensors, metadata);
  assert.equal(readdirSync(folder), ["weights.safetensors"], "no temporary file is left");
  const saved = loadTensors(path);
  assertSame(saved.tensors, tensors);
  assert.equal(saved.metadata, metadata);
  assert.ok(readFileSync(path).equals(reference));
});

files("what cannot be saved leaves the old file as it was", ({ folder }) => {
  const path = join(folder, "weights.safetensors");
  saveTensors(path, tensors, metadata);
  assertThrows(() => saveTensors(path, { __metadata__: tensor(1) }), DataError, "__metadata__");
  assert.ok(readFileSync(path).equals(reference));
  assert.equal(readdirSync(folder), ["weights.safetensors"]);
});

files("a path that cannot be written is an error with its name, and leaves nothing", ({ folder }) => {
  assertThrows(
    () => saveTensors(join(folder, "none", "w"), tensors),
    DataError,
    join(folder, "none", "w"),
    "cannot be written",
    "ENOENT",
  );
  // The last step, the renaming, fails: a folder has the name already.
  mkdirSync(join(folder, "taken"));
  assertThrows(() => saveTensors(join(folder, "taken"), tensors), DataError, "taken: cannot be written");
  assert.equal(readdirSync(folder), ["taken"]);
  writeFileSync(join(folder, "file"), "");
  assertThrows(() => saveTensors(join(folder, "file", "w"), tensors), DataError, "ENOTDIR");
});

files("writeFileAtomically writes texts and bytes, over what was there", ({ folder }) => {
  const path = join(folder, "text");
  writeFileAtomically(path, "long old text");
  writeFileAtomically(path, "n\u00e9w");
  assert.equal([...readFileSync(path)], [0x6e, 0xc3, 0xa9, 0x77], "UTF-8");
  writeFileAtomically(path, Uint8Array.of(0, 255));
  assert.equal([...readFileSync(path)], [0, 255]);
  assert.equal(readdirSync(folder), ["text"]);
});

/** Runs on systems that have pipes. */
const onPosix = (name: string, run: (context: { folder: string }) => void) =>
  files(name, (context) => {
    if (process.platform !== "win32") run(context);
  });

onPosix("only files are replaced: what is none is refused, and stays", ({ folder }) => {
  const at = (name: string) => join(folder, name);
  execFileSync("mkfifo", [at("pipe")]);
  symlinkSync(at("pipe"), at("to a pipe"));
  symlinkSync(at("none"), at("to nothing"));
  symlinkSync(at("circle"), at("circle"));
  mkdirSync(at("folder"));
  const before = readdirSync(folder);
  for (const [name, kind] of [
    ["pipe", "a pipe"],
    ["to a pipe", "a pipe"],
    ["to nothing", "a link to nothing"],
    ["circle", "a link to nothing"],
    ["folder", "a folder"],
  ] as const) {
    const what = `${at(name)}: cannot be written: it is ${kind}, and no file`;
    assertThrows(() => writeFileAtomically(at(name), "text"), DataError, what);
    assertThrows(() => saveTensors(at(name), tensors), DataError, what);
    assert.is(inTheWay(at(name)), kind);
  }
  assert.equal(readdirSync(folder), before);
  assert.ok(lstatSync(at("pipe")).isFIFO() && lstatSync(at("to nothing")).isSymbolicLink());
  assert.is(inTheWay(at("new")), null);
  assertThrows(() => inTheWay(at("\0")), DataError, "cannot be written");
});

onPosix("a file keeps its mode, and a link to it stays", ({ folder }) => {
  const at = (name: string) => join(folder, name);
  mkdirSync(at("inner"));
  symlinkSync(join("inner", "weights"), at("link"));
  symlinkSync("link", at("link to a link"));
  for (const mode of [0o600, 0o640, 0o444, 0o664]) {
    rmSync(at("inner/weights"), { force: true });
    writeFileSync(at("inner/weights"), "old");
    chmodSync(at("inner/weights"), mode);
    writeFileAtomically(at("link to a link"), `new ${mode}`);
    assert.is(readFileSync(at("inner/weights"), "utf8"), `new ${mode}`);
    assert.is(statSync(at("inner/weights")).mode & 0o7777, mode);
  }
  assert.ok(lstatSync(at("link")).isSymbolicLink() && lstatSync(at("link to a link")).isSymbolicLink());
  assert.equal(readdirSync(at("inner")), ["weights"]);
  assert.equal(readdirSync(folder), ["inner", "link", "link to a link"]);
});

onPosix("what stands under the temporary name is not followed", ({ folder }) => {
  const temporary = join(folder, `.weights.${process.pid}.tmp`);
  writeFileSync(join(folder, "other"), "other");
  symlinkSync(join(folder, "other"), temporary);
  writeFileAtomically(join(folder, "weights"), "new");
  assert.is(readFileSync(join(folder, "other"), "utf8"), "other");
  assert.equal(readdirSync(folder), ["other", "weights"]);
});

files("a file that cannot be read, or is none, is an error with its name", ({ folder }) => {
  assertThrows(() => loadTensors(join(folder, "none")), DataError, join(folder, "none"), "cannot be read", "ENOENT");
  assertThrows(() => loadTensors(folder), DataError, folder, "cannot be read");
  const path = join(folder, "short");
  writeFileSync(path, reference.subarray(0, 100));
  assertThrows(() => loadTensors(path), DataError, `${path}: truncated`);
});
files.run();
