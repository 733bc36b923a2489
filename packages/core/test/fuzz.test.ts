import { test } from "uvu";
import * as assert from "uvu/assert";
import * as engine from "../src/index.js";
import * as testing from "../src/testing/index.js";
import type { Kind } from "./fuzz/kind.js";
import { kindsOf } from "./fuzz/kinds.js";
import { caseOf, type Finding, fuzz } from "./fuzz/run.js";
import type { Engine } from "./fuzz/walk-ops.js";
import { forAll } from "./support/property.js";

// A short form of each kind of random programs of `npm run fuzz`; those for the walk are in walk.test.ts.

const kinds = kindsOf(testing);
const kindOf = (name: string) => kinds.find((kind) => kind.name === name) as Kind;

const runs: Readonly<Record<string, number>> = {
  structures: 300,
  parts: 150,
  reductions: 200,
  states: 300,
  convolutions: 200,
  ranges: 300,
  loops: 6,
};

for (const [name, count] of Object.entries(runs)) {
  test(`${count} programs of the kind "${name}"`, () => {
    const { programs, check } = kindOf(name);
    forAll(programs, count, (program) => {
      const found = check(engine, program);
      if (found !== undefined) throw new Error(found);
    });
  });
}

/** An engine whose compiled functions give the first element of each result one unit too much. */
const wrong: Engine = {
  ...engine,
  compile: ((f: (...given: unknown[]) => unknown) => {
    const spoilt = (result: unknown): unknown => {
      if (Array.isArray(result)) return result.map(spoilt);
      const value = result as engine.Tensor;
      if (value.size === 0 || value.dtype === "bool") return value;
      const one = engine.fromArray(
        Float64Array.from({ length: value.size }, (_, i) => (i === 0 ? 1 : 0)),
        value.shape,
      );
      return value.detach().add(one.cast(value.dtype));
    };
    return (...given: unknown[]) => spoilt(f(...given));
  }) as unknown as Engine["compile"],
};

test("a wrong compiler is found by every kind that compiles values, and the program is small", () => {
  for (const name of ["structures", "parts", "reductions", "states", "convolutions"]) {
    const findings: Finding[] = [];
    const found = (finding: Finding) => findings.push(finding) > 0;
    fuzz(wrong, kinds, { seed: 1, first: 0, runs: 40, weights: new Map([[name, 1]]), found });
    const [finding] = findings as [Finding];
    assert.is(findings.length, 1, `${name} stops where it is told to`);
    assert.ok(finding.program.length < 700, `${name}: ${finding.program}`);
    // The number of the program and the seed are enough to see it again.
    const again: Finding[] = [];
    const { at } = finding;
    fuzz(wrong, kinds, {
      seed: 1,
      first: at,
      runs: 1,
      weights: new Map([[name, 1]]),
      found: (next) => again.push(next) > 0,
    });
    assert.equal(again, findings);
  }
});

test("programs are drawn as often as their weights say, each by its number and the seed alone", () => {
  const weights = new Map([
    ["walks", 3],
    ["states", 1],
  ]);
  const drawn = Array.from({ length: 400 }, (_, at) => caseOf(kinds, weights, 5, at));
  const walks = drawn.filter(({ kind }) => kind.name === "walks").length;
  assert.ok(walks > 260 && walks < 340, String(walks));
  assert.is(new Set(drawn.map(({ seed }) => seed)).size, 400);
  assert.is.not(caseOf(kinds, weights, 6, 0).seed, drawn[0]?.seed);
  assert.throws(() => caseOf(kinds, new Map(), 5, 0), /no kind of program has a weight/);
});

test.run();
