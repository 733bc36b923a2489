// What becomes of mutants: first of each alone, then of those that are left together.
import { covers } from "./coverage.mjs";
import { runIn } from "./suites.mjs";

/** A suite that with a mutant takes more than this many times its time, and these seconds of the processor, does not end, most likely. */
const [limitFactor, limitSeconds] = [5, 5];

/** The seconds of suites that a mutant meets alone: most of those that any suite notices are noticed within them. */
const aloneSeconds = 15;

/** How many mutants meet the suites after that together. */
const groupSize = 8;

/**
 * Mutants are left to the suites that cover them, the most promising first. A mutant that is not noticed soon waits for
 * others: with several of them in the source a suite that passes has noticed none, and one that does not is run with each
 * alone. So the many runs that survivors take are shared.
 */
export class Judge {
  #measured;
  #report;
  /** How often a suite has noticed mutants of a file. */
  #noticed = new Map();
  /** Cases that are open: mutants with the suites that cover them, and those that let them pass. */
  #open = [];

  /**
   * @param {readonly { suite: string, seconds: number, coverage: object }[]} measured
   * @param {(verdict: { mutant: import("./mutants.mjs").Mutant, status: string, by?: string, suites: number }) => void} report
   */
  constructor(measured, report) {
    this.#measured = measured;
    this.#report = report;
  }

  /** Runs the suites that are likely to notice a mutant; gathers those that none of them notices. */
  async first(tree, mutant) {
    const found = { mutant, covering: [], passed: new Set() };
    const { error, kernels } = await tree.put([mutant]);
    try {
      if (error !== undefined) return this.#killed(found, "printing the kernels");
      const { file, places } = tree.placesOf(mutant);
      found.covering = this.#measured.filter(
        ({ coverage }) =>
          (places.length === 0 ? file in coverage : places.some((at) => covers(coverage, file, at))) ||
          (kernels !== undefined && covers(coverage, kernels.file, kernels.from, kernels.to)),
      );
      if (found.covering.length === 0) return this.#report({ mutant, status: "uncovered", suites: 0 });
      let spent = 0;
      for (const { suite, seconds } of this.#byPromise(found.covering, [mutant])) {
        if (spent > 0 && spent + seconds > aloneSeconds) continue;
        spent += seconds;
        if (await this.#isNoticed(tree, found, suite, seconds)) return;
      }
    } finally {
      tree.restore([mutant]);
    }
    this.#open.push(found);
    if (this.#open.length >= groupSize) await this.#together(tree, this.#group());
  }

  /** Decides the cases that are open still. */
  async rest(tree) {
    while (this.#open.length > 0) await this.#together(tree, this.#group());
  }

  /** Some of the open cases, no two of which change the same text. */
  #group() {
    const group = [];
    for (const found of this.#open) {
      const { file, from, to } = found.mutant;
      const overlaps = group.some(({ mutant }) => mutant.file === file && mutant.from < to && from < mutant.to);
      if (!overlaps && group.length < groupSize) group.push(found);
    }
    this.#open = this.#open.filter((found) => !group.includes(found));
    return group;
  }

  async #together(tree, group) {
    const left = new Set(group);
    const suites = new Map(group.flatMap(({ covering }) => covering.map((own) => [own.suite, own])));
    const mutants = () => [...left].map(({ mutant }) => mutant);
    const order = this.#byPromise([...suites.values()], mutants());
    for (const { suite, seconds } of order) {
      const met = [...left].filter(
        ({ covering, passed }) => !passed.has(suite) && covering.some((own) => own.suite === suite),
      );
      if (met.length === 0) continue;
      const own = met.map(({ mutant }) => mutant);
      const { error } = await tree.put(own);
      const outcome = error === undefined ? (await this.#run(tree, suite, seconds)).outcome : "failed";
      tree.restore(own);
      for (const found of met) {
        if (outcome === "passed") {
          found.passed.add(suite);
          continue;
        }
        await tree.put([found.mutant]);
        if (await this.#isNoticed(tree, found, suite, seconds)) left.delete(found);
        tree.restore([found.mutant]);
      }
    }
    for (const { mutant, passed } of left) this.#report({ mutant, status: "survived", suites: passed.size });
  }

  /** First what has noticed mutants of these files before, by its chance in a second; the result does not depend on the order. */
  #byPromise(suites, mutants) {
    const chance = ({ suite, seconds }) =>
      mutants.reduce((sum, { file }) => sum + 1 + (this.#noticed.get(`${suite} ${file}`) ?? 0), 0) / seconds;
    return suites.toSorted((a, b) => chance(b) - chance(a));
  }

  #run(tree, suite, seconds) {
    return runIn(tree.root, suite, { limit: limitFactor * seconds + limitSeconds });
  }

  /** Runs a suite with a mutant that is in the source, alone; reports what it has noticed. */
  async #isNoticed(tree, found, suite, seconds) {
    const { outcome } = await this.#run(tree, suite, seconds);
    if (outcome === "passed") {
      found.passed.add(suite);
      return false;
    }
    const key = `${suite} ${found.mutant.file}`;
    this.#noticed.set(key, (this.#noticed.get(key) ?? 0) + 1);
    this.#killed(found, suite, outcome === "timeout" ? "timeout" : "killed");
    return true;
  }

  #killed({ mutant, passed }, by, status = "killed") {
    this.#report({ mutant, status, by, suites: passed.size + 1 });
  }
}
