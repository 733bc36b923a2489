import { grad, jvp, ones, tensor } from "@chainrule/core";

/** The sum of the squared distances of the points [n, d] from the nearest of the centroids [k, d]. */
function cost(centroids, points) {
  const products = points.matmul(centroids.transpose());
  const nearest = centroids.square().sum(1).sub(products.mul(2)).min(1);
  return nearest.add(points.square().sum(1)).sum();
}

/** Newton's step: the Hessian is diagonal, and its product with ones is its diagonal. */
function direction(centroids, points) {
  const gradient = grad((at) => cost(at, points));
  const { value, tangent } = jvp(gradient, centroids, ones(centroids.shape));
  return value.div(tangent);
}

/** @type {import("../programs.mjs").Evaluation} */
export const kmeans = {
  arguments: ({ points, centroids }) => [tensor(centroids), tensor(points)],
  functions: { cost, dir: direction },
};
