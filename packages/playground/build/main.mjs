// `npm run playground`: serves what was built, on the port 4173 or that of `--port N`.
import { parseArgs } from "node:util";
import { serve } from "./serve.mjs";

try {
  const { values } = parseArgs({ options: { port: { type: "string", default: "4173" } } });
  const { origin } = await serve({ port: Number(values.port) });
  console.log(`The playground is at ${origin}, Ctrl+C ends it.`);
} catch (error) {
  console.error(`playground: ${error.message}; -- --port 0 takes a free port, -- build builds alone`);
  process.exitCode = 1;
}
