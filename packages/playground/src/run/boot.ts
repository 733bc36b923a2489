// The first code in the worker of a run: makes modules of the files of the engine, and hands over to `runtime.ts` among them.
import type { EngineFile, Job } from "./messages.js";
import type { Runtime } from "./runtime.js";

const urls = new Map<string, string>();

const urlOf = (text: string) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));

/** The files come in the order in which they import each other. */
async function load(files: readonly EngineFile[]): Promise<Runtime> {
  for (const { name, text } of files) {
    const linked = text.replace(/((?:from|import)\s*)"\.\/([\w-]+\.js)"/g, (_whole, before: string, other: string) => {
      return `${before}"${urls.get(other)}"`;
    });
    urls.set(name, urlOf(linked));
  }
  return (await import(/* @vite-ignore */ urls.get("runtime.js") as string)) as Runtime;
}

let runtime: Promise<Runtime> | null = null;

addEventListener("message", async ({ data }: MessageEvent<{ files: readonly EngineFile[] } | Job>) => {
  if ("files" in data) {
    runtime ??= load(data.files);
    return;
  }
  const { run } = await (runtime as Promise<Runtime>);
  await run(data, urls);
});
