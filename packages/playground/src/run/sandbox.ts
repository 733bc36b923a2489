// The page's side of the sandbox: the frame, what it is given, and what it says.
import engine from "virtual:engine";
import type { Prepared } from "../code/prepare.js";
import type { Answer, Output, Request } from "./messages.js";

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
function filesFor(modules: Prepared["modules"]): string[] {
  return [...new Set([...modules.flatMap((name) => engine[name]), ...engine.runtime])];
}

let frame: Promise<MessagePort> | null = null;
const sent = new Set<string>();
let run = 0;
let listener: Listener | null = null;

function openFrame(): Promise<MessagePort> {
  const element = document.createElement("iframe");
  // Scripts, and nothing else: its origin is its own, it has no storage, and its policy lets it connect to nothing.
  element.setAttribute("sandbox", "allow-scripts");
  element.hidden = true;
  element.title = "sandbox";
  element.src = "frame.html";
  return new Promise((resolve) => {
    element.addEventListener("load", () => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.id !== run || listener === null) return;
        if ("output" in data) listener.output(data.output);
        else listener.tooMuch();
      };
      element.contentWindow?.postMessage(null, "*", [port2]);
      resolve(port1);
    });
    document.body.append(element);
  });
}

function ask(port: MessagePort, request: Request): void {
  port.postMessage(request);
}

async function give(modules: Prepared["modules"]): Promise<{ readonly port: MessagePort; readonly names: string[] }> {
  frame ??= openFrame();
  const names = filesFor(modules);
  const fresh = names.filter((name) => !sent.has(name));
  const [port, ...loaded] = await Promise.all([frame, ...fresh.map(textOf)]);
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
  const { port, names } = await give(modules);
  if (id !== run) return;
  listener = to;
  ask(port, { ask: "run", id, names, code, width });
}

/** Ends the program that runs, whatever it is doing. */
export async function stopProgram(): Promise<void> {
  run++;
  listener = null;
  if (frame !== null) ask(await frame, { ask: "stop" });
}
