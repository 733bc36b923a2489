// Runs in the sandboxed frame, whose origin is no other's: starts a worker for each run, ends it, and hands on what it says.
import bootText from "virtual:boot";
import { type Answer, checked, type EngineFile, MOST_MESSAGES, MOST_SIZE, type Request } from "./messages.js";

const files = new Map<string, EngineFile>();

/** A worker that has the engine and waits for a program. */
interface Ready {
  readonly worker: Worker;
  readonly names: string;
}
let spare: Ready | null = null;
let running: Worker | null = null;

const bootUrl = URL.createObjectURL(new Blob([bootText], { type: "text/javascript" }));

function start(names: readonly string[]): Ready {
  const worker = new Worker(bootUrl);
  worker.postMessage({ files: names.map((name) => files.get(name)) });
  return { worker, names: names.join() };
}

function prepare(names: readonly string[]): void {
  if (spare?.names === names.join()) return;
  spare?.worker.terminate();
  spare = start(names);
}

function stop(): void {
  running?.terminate();
  running = null;
}

function run({ id, names, code, width }: Request & { ask: "run" }, answer: (answer: Answer) => void): void {
  stop();
  prepare(names);
  const { worker } = spare as Ready;
  [running, spare] = [worker, null];
  let [messages, total] = [0, 0];
  worker.onmessage = ({ data }) => {
    if (running !== worker) return;
    const found = checked(data);
    messages++;
    total += found?.size ?? 0;
    if (messages > MOST_MESSAGES || total > MOST_SIZE) {
      stop();
      answer({ id, tooMuch: true });
      return;
    }
    if (found === null) return;
    answer({ id, output: found.output });
    // The next run finds its worker ready.
    if (found.output.kind === "done") prepare(names);
  };
  worker.onerror = ({ message }) => {
    if (running !== worker) return;
    answer({ id, output: { kind: "error", name: "Error", message, line: null, column: null } });
  };
  worker.postMessage({ code, width });
}

/** The worker has what its program made, as long as no other runs. */
function askSteps({ names, place, language }: Request & { ask: "steps" }): void {
  running?.postMessage({ files: names.map((name) => files.get(name)) });
  running?.postMessage({ place, language });
}

// The page gives a port once; nobody else has the other end of it.
addEventListener("message", function connect({ source, ports: [port] }) {
  if (source !== parent || port === undefined) return;
  removeEventListener("message", connect);
  port.onmessage = ({ data }: MessageEvent<Request>) => {
    if (data.ask === "files") for (const file of data.files) files.set(file.name, file);
    else if (data.ask === "prepare") prepare(data.names);
    else if (data.ask === "run") run(data, (answer) => port.postMessage(answer));
    else askSteps(data);
  };
});
