import { concat, einsum, eye, jvp, stack, tensor, vmap, zeros } from "@chainrule/core";

/** The rotation around the axis by an angle that is its length. */
function rotationAround(axis) {
  const angle = axis.square().sum().sqrt();
  const [x, y, z] = axis.div(angle).unstack();
  const [sine, cosine] = [angle.sin(), angle.cos()];
  const rest = cosine.neg().add(1);
  const onAxis = (a) => a.square().mul(rest).add(cosine);
  const [xy, xz, yz] = [x.mul(y).mul(rest), x.mul(z).mul(rest), y.mul(z).mul(rest)];
  const [xs, ys, zs] = [x.mul(sine), y.mul(sine), z.mul(sine)];
  const rows = [
    onAxis(x),
    xy.sub(zs),
    xz.add(ys),
    xy.add(zs),
    onAxis(y),
    yz.sub(xs),
    xz.sub(ys),
    yz.add(xs),
    onAxis(z),
  ];
  return stack(rows).reshape([3, 3]);
}

/** The rotations [bones, 3, 3] by Euler angles [bones, 3], which stand in the order x, z, y: first around x, then y, then z. */
function rotations(angles) {
  const [sx, sz, sy] = angles.sin().unstack(1);
  const [cx, cz, cy] = angles.cos().unstack(1);
  const rows = [
    [cz.mul(cy), cz.mul(sy).mul(sx).sub(sz.mul(cx)), cz.mul(sy).mul(cx).add(sz.mul(sx))],
    [sz.mul(cy), sz.mul(sy).mul(sx).add(cz.mul(cx)), sz.mul(sy).mul(cx).sub(cz.mul(sx))],
    [sy.neg(), cy.mul(sx), cy.mul(cx)],
  ];
  return stack(rows.flat(), 1).reshape([-1, 3, 3]);
}

/** Of 20 angles, four for each finger, those of the bones [bones, 3]: the first joint of a finger has two. */
function boneAngles(fingers, bones) {
  const places = [0, 1, 2, 3, 4].flatMap((finger) => [0, 1, 3, 6].map((place) => 6 + 12 * finger + place));
  return zeros([3 * bones])
    .indexAdd(places, fingers)
    .reshape([bones, 3]);
}

/** Where the vertices [v, 3] of the hand are. */
function vertices(theta, model) {
  const [turn, shift, fingers] = theta.split([3, 3, 20]);
  const bones = model.parents.length;
  const turns = rotations(boneAngles(fingers, bones)).pad([
    [0, 0],
    [0, 1],
    [0, 1],
  ]);
  const last = tensor([0, 0, 0, 1]);
  const relatives = model.relatives.matmul(turns.add(last.outer(last))).unstack();
  const absolutes = [];
  model.parents.forEach((parent, i) => {
    absolutes.push(parent === -1 ? relatives[i] : absolutes[parent].matmul(relatives[i]));
  });
  const transforms = stack(absolutes)
    .matmul(model.inverses)
    .slice([null, [0, 3]]);
  const posed = einsum("vb,bij,vj->vi", model.weights, transforms, model.positions);
  const mirrored = model.isMirrored ? posed.mul(tensor([-1, 1, 1])) : posed;
  return mirrored.matmul(rotationAround(turn).transpose()).add(shift);
}

/** The differences [points, 3] of the points that were measured from those of the hand. */
function differences(theta, us, { model, points, corners }) {
  const hand = vertices(theta, model);
  if (us === null) return points.sub(hand.take(corners));
  const [first, second, third] = corners.unstack(1).map((corner) => hand.take(corner));
  const [u, v] = us.split(2, 1);
  return points.sub(third.add(u.mul(first.sub(third))).add(v.mul(second.sub(third))));
}

/** The derivatives [3 points, 2 + 26], forward: each point has two parameters of its own, which share two columns. */
function derivatives(theta, us, data) {
  if (us === null) {
    const column = (direction) => jvp((at) => differences(at, null, data), theta, direction).tangent;
    return vmap(column)(eye(theta.size)).reshape([theta.size, -1]).transpose();
  }
  const column = (...directions) => jvp((theta, us) => differences(theta, us, data), [theta, us], directions).tangent;
  const ofTheta = concat([zeros([2, theta.size]), eye(theta.size)]);
  const ofUs = concat([eye(2), zeros([theta.size, 2])])
    .expandDims(1)
    .broadcastTo([2 + theta.size, ...us.shape]);
  return vmap(column)(ofTheta, ofUs)
    .reshape([2 + theta.size, -1])
    .transpose();
}

/** @type {import("../programs.mjs").Evaluation} */
export const ht = {
  arguments({ theta, us, data: { model, points, correspondences } }) {
    const corners = us.length === 0 ? correspondences : correspondences.map((triangle) => model.triangles[triangle]);
    return [
      tensor(theta),
      us.length === 0 ? null : tensor(us),
      {
        model: {
          parents: model.parents,
          isMirrored: model.is_mirrored,
          relatives: tensor(model.base_relatives),
          inverses: tensor(model.inverse_base_absolutes),
          positions: tensor(model.base_positions),
          weights: tensor(model.weights),
        },
        points: tensor(points),
        corners: tensor(corners, { dtype: "int32" }),
      },
    ];
  },
  functions: { objective: differences, jacobian: derivatives },
  outputs: { objective: (errors) => errors.reshape([-1]).toArray() },
};
