// A process that measures a contestant: `node contestant.mjs PROGRAM CONTESTANT SIZE`, the size as JSON.
import { report } from "../processes.mjs";
import { programs } from "./programs.mjs";

const [name, contestant, size] = process.argv.slice(2);
const { contestants, prepare = {}, outputs = {} } = programs[name];
await prepare[contestant]?.();
const ordered = outputs[contestant] ?? ((result) => result);
const result = await report({
  first: async () => {
    const call = await contestants[contestant](JSON.parse(size));
    return { call, result: call() };
  },
  output: (result) => JSON.parse(JSON.stringify(ordered(result), (_, x) => (ArrayBuffer.isView(x) ? [...x] : x))),
});
process.stdout.write(JSON.stringify(result));
