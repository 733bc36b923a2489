import { tensor } from "@chainrule/core";
import { uniform } from "../data.mjs";
import { alternate, checkEqual, repeated } from "../harness.mjs";
import { comparisons } from "../report.mjs";
import { ways } from "../ways.mjs";

const size = 1_000_000;
/** Several works in one run: it is the memory of new arrays, and when it comes back, that makes one alone uneven. */
const perRun = 10;

const functions = {
  add: {
    ours: (x, y) => x.add(y),
    loop(out, a, b) {
      for (let i = 0; i < size; i++) out[i] = a[i] + b[i];
      return out;
    },
  },
  exp: {
    ours: (x) => x.exp(),
    loop(out, a) {
      for (let i = 0; i < size; i++) out[i] = Math.exp(a[i]);
      return out;
    },
  },
};

const newArray = "plain loop into a new array";
const oldArray = "plain loop into an array that is there";

/** A work is a function at a precision, with the bars for each peer and way. */
const works = [
  { name: "add", dtype: "float32", bars: { [newArray]: { eager: 0.6 }, [oldArray]: {} } },
  { name: "exp", dtype: "float32", bars: { [newArray]: { eager: 0.8 }, [oldArray]: { compiled: 6 } } },
  { name: "exp", dtype: "float64", bars: { [newArray]: {}, [oldArray]: { compiled: 3 } } },
];

/** The program on arrays that are there, as the plain loop has them: in its memory. */
function inMemory(done, inputs) {
  const program = done.program(...inputs);
  inputs.forEach((input, i) => {
    program.inputs[i].set(input.data);
  });
  return () => {
    program.execute();
    return program.outputs[0];
  };
}

/** @type {import("../bench.mjs").Work} */
export const elementwise = {
  name: "elementwise",
  async measure({ repetitions }) {
    const rows = [];
    for (const { name, dtype, bars } of works) {
      const { ours, loop } = functions[name];
      const ArrayType = dtype === "float32" ? Float32Array : Float64Array;
      const [a, b] = [uniform(size, 1, ArrayType), uniform(size, 2, ArrayType)];
      // Only those that the function takes.
      const inputs = [tensor(a), tensor(b)].slice(0, ours.length);
      const kept = new ArrayType(size);
      const contestants = {
        [newArray]: repeated(perRun, () => loop(new ArrayType(size), a, b)),
        [oldArray]: repeated(perRun, () => loop(kept, a, b)),
      };
      const expected = loop(new ArrayType(size), a, b);
      for (const [way, run] of Object.entries(ways)) {
        const done = run(ours);
        checkEqual(`${name}, ${way}`, done(...inputs).data, expected, dtype === "float32" ? 1e-6 : 1e-15);
        contestants[way] = repeated(perRun, way === "compiled" ? inMemory(done, inputs) : () => done(...inputs).data);
      }
      const times = await alternate(contestants, { repetitions: repetitions(25), warmUp: 3 });
      const work = `${name} of 10^6 elements${dtype === "float32" ? "" : `, ${dtype}`}`;
      rows.push(...comparisons(work, times, bars));
    }
    return rows;
  },
};
