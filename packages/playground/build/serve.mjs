// Serves `dist/` on this machine alone, as a static host would: texts gzipped.
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".bin": "application/octet-stream",
};

/**
 * Starts the server; the port 0 takes a free one. `seen` is told the path and the bytes of each answer.
 *
 * @returns its address, and how to close it
 */
export function serve({ port = 0, folder = dist, seen = () => {} } = {}) {
  const cache = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://127.0.0.1");
    const path = join(
      folder,
      normalize(decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname)),
    );
    if (!path.startsWith(folder + sep) || !existsSync(path) || !statSync(path).isFile()) {
      seen(pathname, 0);
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
      return;
    }
    const type = types[extname(path)] ?? "application/octet-stream";
    const isText = type.includes("charset");
    const key = `${path} ${statSync(path).mtimeMs}`;
    if (!cache.has(key)) cache.set(key, isText ? gzipSync(readFileSync(path), { level: 9 }) : readFileSync(path));
    const body = cache.get(key);
    seen(pathname, body.length);
    response
      .writeHead(200, {
        "content-type": type,
        "content-length": body.length,
        "cache-control": "no-cache",
        ...(isText ? { "content-encoding": "gzip" } : {}),
      })
      .end(body);
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", () => {
      resolve({ origin: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() });
    });
  });
}
