import { grad, tensor, zeros } from "@chainrule/core";

/** The logarithm of the multivariate gamma function, whose argument is half a whole number. */
function logGamma(halves, p) {
  const single = (twice) => {
    let sum = twice % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
    for (let x = twice % 2 === 0 ? 1 : 0.5; x < twice / 2; x++) sum += Math.log(x);
    return sum;
  };
  let sum = (p * (p - 1) * Math.log(Math.PI)) / 4;
  for (let j = 0; j < p; j++) sum += single(halves - j);
  return sum;
}

/** Where the elements on and below the diagonal stand in a matrix [d, d], column by column. */
function places(d) {
  const columns = Array.from({ length: d }, (_, column) => column);
  return {
    onDiagonal: columns.map((column) => column * (d + 1)),
    below: columns.flatMap((column) => columns.slice(column + 1).map((row) => row * d + column)),
  };
}

/** The log posterior of a mixture of k Gaussians at n points x [n, d], with a Wishart prior. */
function logPosterior({ alpha, mu, q, l }, x, m, gamma) {
  const [n, d] = x.shape;
  const [k] = alpha.shape;
  const diagonal = q.exp();
  const logDeterminant = q.sum(1);
  const { onDiagonal, below } = places(d);
  const factors = zeros([k, d * d])
    .indexAdd(onDiagonal, diagonal, 1)
    .indexAdd(below, l, 1)
    .reshape([k, d, d]);
  const across = factors.transpose([0, 2, 1]);

  const scaled = x.matmul(across).sub(mu.expandDims(1).matmul(across));
  const exponents = alpha.add(logDeterminant).expandDims(1).sub(scaled.square().sum(2).div(2));
  const logLikelihood = exponents
    .logSumExp(0)
    .sum()
    .sub(alpha.logSumExp().mul(n))
    .sub((n * d * Math.log(2 * Math.PI)) / 2);

  const freedom = d + m + 1;
  const constant = freedom * d * Math.log(gamma / Math.SQRT2) - logGamma(freedom, d);
  const squares = diagonal.square().sum().add(l.square().sum());
  const logPrior = logDeterminant
    .sum()
    .mul(m)
    .sub(squares.mul(gamma ** 2 / 2))
    .add(k * constant);
  return logLikelihood.add(logPrior);
}

/** @type {import("../programs.mjs").Evaluation} */
export const gmm = {
  arguments: ({ alpha, mu, q, l, x, m, gamma }) => [
    { alpha: tensor(alpha), mu: tensor(mu), q: tensor(q), l: tensor(l) },
    tensor(x),
    m,
    gamma,
  ],
  functions: { objective: logPosterior, jacobian: grad(logPosterior) },
};
