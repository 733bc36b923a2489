// Imported first by a process that measures another checkout, whose packages stand in the place of this one's, or where those of this
// one are not linked.
import { register } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const engine = process.env.CHAINRULE_ENGINE ?? fileURLToPath(new URL("../..", import.meta.url));
const files = Object.fromEntries(
  ["core", "nn"].map((name) => [
    `@chainrule/${name}`,
    pathToFileURL(join(engine, `packages/${name}/dist/src/index.js`)).href,
  ]),
);
const hook = `
  const files = ${JSON.stringify(files)};
  export const resolve = (specifier, context, next) => next(files[specifier] ?? specifier, context);
`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
