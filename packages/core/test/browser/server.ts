import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The pages, by path, with their content security policies: WebAssembly is allowed on the first one only. */
export const policies = {
  "/permitted": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  "/forbidden": "default-src 'none'; script-src 'self'; connect-src 'self'",
} as const;

const page =
  '<!doctype html><meta charset="utf-8"><title>chainrule</title><script type="module" src="/page.js"></script>';

const scripts: Readonly<Record<string, string>> = {
  "/page.js": `
    import * as chainrule from "/chainrule-core.min.js";
    import * as workload from "/workload.js";
    Object.assign(globalThis, { chainrule, workload });`,
  "/workload.js": read("workload.js"),
  "/chainrule-core.min.js": read("../../chainrule-core.min.js"),
};

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

export interface Site {
  readonly origin: string;
  close(): void;
}

/** Serves the pages on a free port of this machine. */
export function serve(): Promise<Site> {
  const server = createServer(({ url = "" }, response) => {
    const policy = policies[url as keyof typeof policies] as string | undefined;
    const script = scripts[url];
    if (policy !== undefined) {
      response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy }).end(page);
    } else if (script !== undefined) {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({ origin: `http://127.0.0.1:${port}`, close: () => server.close() });
    });
  });
}
