/*
 * The place in the user's code that an op was called from: the first frame of a stack that is not in chainrule's own files.
 * What those are is read off the stack itself, whose first frame is always in this file: so it holds for compiled files, for
 * the bundled ones that are published and for source maps, in Node and in browsers, and for a bundle of chainrule alone.
 */

/** As many frames as a function of the user's may lie below: V8 keeps 10 unless told otherwise. */
const FRAMES = 60;

/** The stack as it is here. The engine writes it as text only when it is read, so that keeping it is cheap. */
export function captureStack(): Error {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  // Not an assignment, which throws where somebody has frozen the class; other engines have no limit to set.
  if (limit !== undefined) Reflect.set(Error, "stackTraceLimit", FRAMES);
  const stack = new Error();
  if (limit !== undefined) Reflect.set(Error, "stackTraceLimit", limit);
  return stack;
}

interface Frame {
  readonly file: string;
  /** As a reader and a terminal know it: `name (file:line:column)`. */
  readonly text: string;
}

/**
 * The lines of V8 (`at name (file:1:2)`, `at file:1:2`) and those of Firefox and Safari (`name@file:1:2`). What was awaited has
 * a word before it: `at async file:1:2`, `async*name@file:1:2`, `promise callback*name@file:1:2`.
 */
const LINES = [
  /^\s*at (?:async )?(?<name>.+?) \((?<at>.*:\d+:\d+)\)$/,
  /^\s*at (?:async )?(?<name>)(?<at>.*:\d+:\d+)$/,
  /^(?:[\w ]+\*)?(?:async )?(?<name>[^@]*)@(?<at>.*:\d+:\d+)$/,
];

function framesOf(stack: string): Frame[] {
  return stack.split("\n").flatMap((line) => {
    const { name = "", at = "" } = LINES.map((form) => form.exec(line)).find((found) => found !== null)?.groups ?? {};
    const [, file, position] = /^(.*?)(:\d+:\d+)$/.exec(at) ?? [];
    // What the engine runs itself has no file, or one of its own.
    if (file === undefined || /^node:|^internal\/|<anonymous>|\[native code\]/.test(file)) return [];
    const shown = file.startsWith("data:") ? `${file.slice(0, 40)}...${position}` : at;
    const named = name !== "" && name !== "<anonymous>";
    return [{ file: file.replaceAll("\\", "/"), text: named ? `${name} (${shown})` : shown }];
  });
}

/**
 * The place in the user's code at the time of `captureStack`; `null` where the engine gives no stack. Where all code is one
 * file no frame can be told from another: then it is the innermost ones, a line for each.
 */
export function placeOf(captured: Error): string | null {
  const [own, ...frames] = framesOf(typeof captured.stack === "string" ? captured.stack : "");
  if (own === undefined) return null;
  const outside = frames.find(({ file }) => !isOwn(file, own.file));
  return (
    outside?.text ??
    (frames.length > 0
      ? frames
          .slice(0, 8)
          .map(({ text }) => text)
          .join("\n    ")
      : null)
  );
}

function isOwn(file: string, here: string): boolean {
  const [, root] =
    /^(.*\/)(?:debug\/place|shared\/chunk-[A-Z0-9]+|(?<=\/core\/dist\/lib\/)index)\.[jt]s(?:\?.*)?$/.exec(here) ?? [];
  if (root === undefined) return file === here;
  // The layers and losses of the packages beside this one are no code of the user's either.
  return file.startsWith(root) || file.includes("/@chainrule/");
}
