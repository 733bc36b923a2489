import { arange, concat, jacobian, stack, tensor, vmap, where } from "@chainrule/core";

const total = (parts) => parts.reduce((sum, part) => sum.add(part));
const squaredLength = (vector) => total(vector.map((part) => part.square()));
const cross = ([a1, a2, a3], [b1, b2, b3]) => [
  a2.mul(b3).sub(a3.mul(b2)),
  a3.mul(b1).sub(a1.mul(b3)),
  a1.mul(b2).sub(a2.mul(b1)),
];

/** The point turned around the axis by an angle that is its length (Rodrigues). */
function turned(axis, point) {
  const square = squaredLength(axis);
  const turns = square.greater(0);
  const angle = where(turns, square, 1).sqrt();
  const [cosine, sine] = [angle.cos(), angle.sin()];
  const unit = axis.map((part) => part.div(angle));
  const along = total(unit.map((part, i) => part.mul(point[i]))).mul(cosine.neg().add(1));
  const sideways = cross(unit, point);
  const nearby = cross(axis, point);
  return point.map((part, i) =>
    where(turns, part.mul(cosine).add(sideways[i].mul(sine)).add(unit[i].mul(along)), part.add(nearby[i])),
  );
}

/**
 * How far from where it was seen a camera shows a point.
 *
 * @param parameters [15]: of the camera the axis, the centre, the focal length, the principal point and the distortion; the point; the weight
 */
function reprojectionError(parameters, feature) {
  const [r1, r2, r3, c1, c2, c3, focal, u, v, k1, k2, x1, x2, x3, weight] = parameters.unstack();
  const [x, y, depth] = turned([r1, r2, r3], [x1.sub(c1), x2.sub(c2), x3.sub(c3)]);
  const projected = [x.div(depth), y.div(depth)];
  const square = squaredLength(projected);
  const distortion = k1.add(k2.mul(square)).mul(square).add(1).mul(focal);
  return stack(projected.map((part, i) => part.mul(distortion).add([u, v][i])))
    .sub(feature)
    .mul(weight);
}

const weightError = (weight) => weight.square().neg().add(1);

/** For each observation, the parameters that it depends on: [15, p], so that those of one kind stand side by side. */
const observed = ({ cameras, points, weights }, { camera, point }) =>
  concat([cameras.transpose().take(camera, 1), points.transpose().take(point, 1), weights.expandDims(0)]);

const ofAll = (f) => vmap(f, { inAxes: [1, 0] });

function objective(parameters, observations) {
  return {
    reprojection: ofAll(reprojectionError)(observed(parameters, observations), observations.features),
    weight: weightError(parameters.weights),
  };
}

/** Of all derivatives those that are not always zero, row by row: where each row begins, their columns and values. */
function sparseJacobian(parameters, observations) {
  const { camera, point, features } = observations;
  const [n, m, p] = [parameters.cameras.shape[0], parameters.points.shape[0], parameters.weights.size];
  const blocks = ofAll(jacobian(reprojectionError))(observed(parameters, observations), features);
  const weights = vmap(jacobian(weightError))(parameters.weights);

  const int32 = { dtype: "int32" };
  const column = (first, index, width) =>
    index
      .expandDims(1)
      .mul(width)
      .add(arange(first, first + width, 1, int32));
  const ofWeights = arange(11 * n + 3 * m, 11 * n + 3 * m + p, 1, int32);
  const columns = concat([column(0, camera, 11), column(11 * n, point, 3), ofWeights.expandDims(1)], 1);
  return {
    rows: concat([arange(0, 30 * p, 15, int32), arange(30 * p, 31 * p + 1, 1, int32)]),
    cols: concat([stack([columns, columns], 1).reshape([-1]), ofWeights]),
    vals: concat([blocks.reshape([-1]), weights]),
  };
}

/** The suite sends one camera, point and feature for all. */
function repeated({ n, m, p, cam, x, w, feat }) {
  const counted = (size) => tensor(Int32Array.from({ length: p }, (_, i) => i % size));
  return [
    { cameras: tensor(Array(n).fill(cam)), points: tensor(Array(m).fill(x)), weights: tensor(Array(p).fill(w)) },
    { camera: counted(n), point: counted(m), features: tensor(Array(p).fill(feat)) },
  ];
}

/** It wants the first and the last elements only. */
const ends = (values) => [...values.slice([[0, 30]]).toArray(), values.slice([-1]).item()];

/** @type {import("../programs.mjs").Evaluation} */
export const ba = {
  arguments: repeated,
  functions: { objective, jacobian: sparseJacobian },
  outputs: {
    objective: ({ reprojection, weight }) => ({
      reproj_error: { elements: reprojection.slice([0]).toArray(), repeated: weight.size },
      w_err: { element: weight.slice([0]).item(), repeated: weight.size },
    }),
    jacobian: ({ rows, cols, vals }) => ({ rows: ends(rows), cols: ends(cols), vals: ends(vals) }),
  },
};
