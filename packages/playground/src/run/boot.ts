// The first code in the worker of a run: makes modules of the files of the engine, and hands over to `runtime.ts` among them.
import type { EngineFile, Job, StepsQuestion } from "./messages.js";
import type { Runtime } from "./runtime.js";

const urls = new Map<string, string>();

const urlOf = (text: string) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

/** The files come in the order in which they import each other; those that it has already are not made again. */
function load(files: readonly EngineFile[]): void {
  for (const { name, text } of files) {
    if (urls.has(name)) continue;
    const linked = text.replace(/((?:from|import)\s*)"\.\/([\w-]+\.js)"/g, (_whole, before: string, other: string) => {
      return `${before}"${urls.get(other)}"`;
    });
    urls.set(name, urlOf(linked));
  }
}

let runtime: Promise<Runtime> | null = null;

addEventListener("message", async ({ data }: MessageEvent<{ files: readonly EngineFile[] } | Job | StepsQuestion>) => {
  if ("files" in data) {
    load(data.files);
    runtime ??= import(/* @vite-ignore */ urls.get("runtime.js") as string) as Promise<Runtime>;
    return;
  }
  const { run, steps } = await (runtime as Promise<Runtime>);
  await ("code" in data ? run(data, urls) : steps(data, urls));
});
