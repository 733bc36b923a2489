// The page's side of the language service.
import type { Answered, Answers, Asked, Question } from "./messages.js";

export interface LanguageClient {
  ask<Q extends Question>(code: string, question: Q): Promise<Answers[Q["ask"]] | null>;
}

/**
 * Starts the language service.
 *
 * @throws Error when its file cannot be loaded
 */
export async function startLanguage(): Promise<LanguageClient> {
  const worker = new Worker(new URL("language.js", document.baseURI), { type: "module" });
  const waiting = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  const ask: LanguageClient["ask"] = (code, question) => {
    asked++;
    const id = asked;
    worker.postMessage({ id, code, ...question } satisfies Asked);
    return new Promise((resolve) => waiting.set(id, resolve as (answer: unknown) => void));
  };
  await new Promise<void>((resolve, reject) => {
    worker.onerror = () => {
      worker.terminate();
      reject(new Error("the language service cannot be loaded"));
    };
    worker.onmessage = ({ data }: MessageEvent<Answered>) => {
      resolve();
      waiting.get(data.id)?.(data.answer);
      waiting.delete(data.id);
    };
    // The first answer takes the longest: it reads all declarations.
    ask("", { ask: "problems" });
  });
  worker.onerror = (event) => {
    event.preventDefault();
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
  };
  return { ask };
}
