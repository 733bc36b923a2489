// The page's side of the sandbox: the frame, what it is given, and what it says.
import { files as engine } from "virtual:engine";
import type { Prepared } from "../code/prepare.js";
import type { Answer, Output, Request, StepsQuestion } from "./messages.js";

export interface Listener {
  output(output: Output): void;
  /** It was ended, as it said more than anybody can read. */
  tooMuch(): void;
}

const texts = new Map<string, Promise<string>>();

function textOf(name: string): Promise<string> {
  let text = texts.get(name);
  if (text === undefined) {
    text = download(new URL(`engine/${name}`, document.baseURI).href);
    // A later run tries again.
    text.catch(() => texts.delete(name));
    texts.set(name, text);
  }
  return text;
}

async function download(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.text();
}

/** The files for a program's imports, each behind those that it imports itself. */
function filesFor(modules: readonly (keyof typeof engine)[]): string[] {
  return [...new Set([...modules.flatMap((name) => engine[name]), ...engine.runtime])];
}

interface Frame {
  readonly element: HTMLIFrameElement;
  readonly port: Promise<MessagePort>;
  /** The files that it has. */
  readonly sent: Set<string>;
}

let frame: Frame | null = null;
let run = 0;
let listener: Listener | null = null;
/** Whether a program runs, or waits for its timers. */
let isBusy = false;

function openFrame(): Frame {
  const element = document.createElement("iframe");
  // Scripts, and nothing else: its origin is its own, it has no storage, and its policy lets it connect to nothing.
  element.setAttribute("sandbox", "allow-scripts");
  element.hidden = true;
  element.title = "sandbox";
  element.src = "frame.html";
  const port = new Promise<MessagePort>((resolve) => {
    element.addEventListener("load", () => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.id !== run || listener === null) return;
        if (!("output" in data)) isBusy = false;
        else if (data.output.kind === "done") isBusy = data.output.isWaiting;
        if ("output" in data) listener.output(data.output);
        else listener.tooMuch();
      };
      element.contentWindow?.postMessage(null, "*", [port2]);
      resolve(port1);
    });
  });
  document.body.append(element);
  return { element, port, sent: new Set() };
}

/** Whatever it was doing, and if its memory was full: the next run gets another one. */
function closeFrame(): void {
  frame?.element.remove();
  [frame, isBusy] = [null, false];
}

function ask(port: MessagePort, request: Request): void {
  port.postMessage(request);
}

async function give(
  modules: readonly (keyof typeof engine)[],
): Promise<{ readonly port: MessagePort; readonly names: string[] }> {
  frame ??= openFrame();
  const { port: opening, sent } = frame;
  const names = filesFor(modules);
  const fresh = names.filter((name) => !sent.has(name));
  const [port, ...loaded] = await Promise.all([opening, ...fresh.map(textOf)]);
  ask(port, { ask: "files", files: fresh.map((name, i) => ({ name, text: loaded[i] as string })) });
  for (const name of fresh) sent.add(name);
  return { port, names };
}

/** Loads what most programs need, and has a worker ready. */
export async function warmUp(): Promise<void> {
  const { port, names } = await give(["light"]);
  ask(port, { ask: "prepare", names });
}

/**
 * Runs a program, in the place of the one that runs.
 *
 * @throws Error when a file of the engine cannot be loaded
 */
export async function runProgram({ code, modules }: Prepared, width: number, to: Listener): Promise<void> {
  run++;
  const id = run;
  listener = null;
  if (isBusy) closeFrame();
  const { port, names } = await give(modules);
  if (id !== run) return;
  [listener, isBusy] = [to, true];
  ask(port, { ask: "run", id, names, code, width });
}

/** Asks the worker of the last run for what the stepper reads; the answer comes as one of its messages. */
export async function askSteps(question: StepsQuestion): Promise<void> {
  const id = run;
  const { port, names } = await give(["pages"]);
  if (id === run) ask(port, { ask: "steps", names, ...question });
}

/** Ends the program that runs, whatever it is doing. */
export function stopProgram(): void {
  run++;
  listener = null;
  closeFrame();
}
