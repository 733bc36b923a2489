/** Peers: the suite's programs, as the table names them. */
const manual = "C++ by hand";
const adolC = "ADOL-C";
const finite = "C++, finite differences";
export const torch = "PyTorch";

/** Where those in C++ stand in the suite. */
export const tools = { [manual]: "manual", [adolC]: "adol-c", [finite]: "finite" };

/**
 * What is measured: a derivative of an evaluation; how many milliseconds longer the first call may take than others; the peers, with how
 * often their speed is asked of us, or `null` where the row is for information.
 *
 * Of ode the derivative by hand is a formula of the solution, without steps, and PyTorch's program is ours, in python/with_torch.py.
 * PyTorch's ba and the larger ht and lstm are left out: minutes each, for loops over observations, points and characters.
 */
export const works = [
  work("lse", { n: 1_000_000 }, "gradient", 60, { [manual]: 1.1, [adolC]: null, [torch]: null }),
  work("llsq", { n: 16_392, m: 128 }, "gradient", 60, { [manual]: 2.1, [adolC]: null }),
  work("kmeans", { n: 10_000, k: 100, d: 8 }, "dir", 60, { [manual]: 1.2, [adolC]: null, [torch]: null }),
  work("gmm", { n: 1000, d: 10, k: 25 }, "jacobian", 60, { [manual]: 3.7, [adolC]: null, [torch]: null }),
  work("gmm", { n: 1000, d: 64, k: 50 }, "jacobian", 60, { [manual]: 2.4, [torch]: null }),
  work("ba", { n: 49, m: 7776, p: 31_843 }, "jacobian", 60, { [manual]: 1, [adolC]: null }),
  ...[
    { vertices: 544, bar: 1, others: { [adolC]: null, [torch]: null } },
    { vertices: 10_000, bar: 1.3, others: { [adolC]: null } },
  ].map(({ vertices, bar, others }) =>
    work("ht", { vertices, points: 100, us: true }, "jacobian", 100, { [manual]: bar, ...others }),
  ),
  work("lstm", { l: 2, c: 1024, b: 14 }, "jacobian", 60, { [manual]: 2.5, [adolC]: null, [torch]: null }),
  work("lstm", { l: 2, c: 4096, b: 14 }, "jacobian", 60, { [manual]: 2.5, [adolC]: null }),
  work("det", { ell: 8 }, "gradient", 300, { [manual]: 2, [adolC]: null }),
  work("det", { ell: 9 }, "gradient", 4000, { [manual]: 2, [adolC]: null }),
  work("ode", { n: 10_000, s: 100 }, "gradient", 60, { [torch]: 4, [adolC]: null }),
  work("particle", {}, "rr", 60, { [finite]: 2 }),
  work("saddle", {}, "rr", 60, { [finite]: 1.2 }),
];

function work(name, size, f, start, peers) {
  return { name, size, f, start, peers };
}
