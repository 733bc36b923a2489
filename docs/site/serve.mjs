// A server of static files on the loopback address.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** Serves a folder below `base`, at a port that is free unless it is said; gives the server and its address. */
export function serve(folder, base = "/", { port = 5173, quiet = false } = {}) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = path.startsWith(base) ? fileOf(folder, path.slice(base.length)) : undefined;
    const found = file ?? join(folder, "404.html");
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": types[extname(found)] ?? "application/octet-stream",
    });
    createReadStream(found).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.on("error", (error) =>
      error.code === "EADDRINUSE" && port !== 0 ? server.listen(0, "127.0.0.1") : reject(error),
    );
    server.listen(port, "127.0.0.1", () => {
      const address = `http://127.0.0.1:${server.address().port}${base}`;
      if (!quiet) console.log(`${address} (Ctrl+C ends it)`);
      resolve({ server, address });
    });
  });
}

function fileOf(folder, path) {
  const file = normalize(join(folder, path));
  if (!file.startsWith(folder) || !existsSync(file)) return undefined;
  if (!statSync(file).isDirectory()) return file;
  return existsSync(join(file, "index.html")) ? join(file, "index.html") : undefined;
}
