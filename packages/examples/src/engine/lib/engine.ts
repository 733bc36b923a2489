/** An automatic differentiation engine: arrays of any rank, broadcasting, products of matrices. It is what steps 1 to 7 build. */

type Shape = readonly number[];
type Values = Float64Array;
/** For the gradient of the output, those of the inputs. */
type LocalBackward = (dout: Values) => readonly Values[];

const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);
const at = (values: Values | Int32Array, i: number): number => values[i] as number;

export class Tensor {
  readonly data: Values;
  readonly shape: Shape;
  readonly inputs: readonly Tensor[];
  readonly localBackward: LocalBackward;
  grad: Values;

  constructor(data: Values, shape: Shape, inputs: readonly Tensor[] = [], localBackward: LocalBackward = () => []) {
    this.data = data;
    this.shape = shape;
    this.inputs = inputs;
    this.localBackward = localBackward;
    this.grad = new Float64Array(data.length);
  }

  add(y: Tensor): Tensor {
    return binary(this, y, (x, y) => x + y, [() => 1, () => 1]);
  }

  sub(y: Tensor): Tensor {
    return binary(this, y, (x, y) => x - y, [() => 1, () => -1]);
  }

  mul(y: Tensor): Tensor {
    return binary(this, y, (x, y) => x * y, [(_, y) => y, (x) => x]);
  }

  div(y: Tensor): Tensor {
    return binary(this, y, (x, y) => x / y, [(_, y) => 1 / y, (x, y) => -x / (y * y)]);
  }

  exp(): Tensor {
    return unary(this, Math.exp, (_, y) => y);
  }

  log(): Tensor {
    return unary(this, Math.log, (x) => 1 / x);
  }

  tanh(): Tensor {
    return unary(this, Math.tanh, (_, y) => 1 - y * y);
  }

  relu(): Tensor {
    return unary(
      this,
      (x) => Math.max(x, 0),
      (x) => (x > 0 ? 1 : 0),
    );
  }

  /** The sums of what broadcasting to this tensor's shape would repeat: broadcasting backwards. Of all elements for []. */
  sumTo(shape: Shape): Tensor {
    const from = places(shape, this.shape);
    const data = new Float64Array(sizeOf(shape));
    this.data.forEach((value, i) => {
      data[at(from, i)] = at(data, at(from, i)) + value;
    });
    return new Tensor(data, shape, [this], (dout) => [this.data.map((_, i) => at(dout, at(from, i)))]);
  }

  /** The product of the matrices [m, k] and [k, n]. */
  matmul(y: Tensor): Tensor {
    const [m, k, n] = [this.shape[0] as number, this.shape[1] as number, y.shape[1] as number];
    if (y.shape[0] !== k) throw new Error(`matmul: [${this.shape}] x [${y.shape}]: the inner sizes differ`);
    const product = matrixProduct(this.data, y.data, m, k, n);
    // dX = dout Y^T [m, n] [n, k], dY = X^T dout [k, m] [m, n]
    return new Tensor(product, [m, n], [this, y], (dout) => [
      matrixProduct(dout, transposed(y.data, k, n), m, n, k),
      matrixProduct(transposed(this.data, m, k), dout, k, m, n),
    ]);
  }

  /** Fills `grad` of all that this scalar depends on. */
  backward(): void {
    const tensors = inOrder(this).reverse();
    for (const tensor of tensors) tensor.grad = new Float64Array(tensor.data.length);
    this.grad.fill(1);
    for (const tensor of tensors) {
      const gradients = tensor.localBackward(tensor.grad);
      tensor.inputs.forEach((input, i) => {
        input.grad = input.grad.map((before, j) => before + at(gradients[i] as Values, j));
      });
    }
  }

  item(): number {
    return at(this.data, 0);
  }
}

export function tensor(values: Iterable<number>, shape: Shape): Tensor {
  return new Tensor(Float64Array.from(values), shape);
}

export const scalar = (value: number): Tensor => tensor([value], []);

function inOrder(tensor: Tensor, seen: Set<Tensor> = new Set()): Tensor[] {
  if (seen.has(tensor)) return [];
  seen.add(tensor);
  return [...tensor.inputs.flatMap((input) => inOrder(input, seen)), tensor];
}

/** A function of each element; `slope` is its derivative, given the element and the function's value there. */
function unary(x: Tensor, f: (x: number) => number, slope: (x: number, y: number) => number): Tensor {
  const data = x.data.map(f);
  return new Tensor(data, x.shape, [x], (dout) => [dout.map((d, i) => d * slope(at(x.data, i), at(data, i)))]);
}

type Binary = (x: number, y: number) => number;

/** A function of two elements; `slopes` are its derivatives by either. */
function binary(x: Tensor, y: Tensor, f: Binary, slopes: readonly [Binary, Binary]): Tensor {
  const shape = broadcast(x.shape, y.shape);
  const [xs, ys] = [places(x.shape, shape), places(y.shape, shape)];
  const apply = (f: Binary, i: number) => f(at(x.data, at(xs, i)), at(y.data, at(ys, i)));
  const data = Float64Array.from(xs, (_, i) => apply(f, i));
  return new Tensor(data, shape, [x, y], (dout) =>
    [xs, ys].map((from, which) => {
      // An element that was repeated was used several times: its gradients are added.
      const gradient = new Float64Array((which === 0 ? x : y).data.length);
      dout.forEach((d, i) => {
        gradient[at(from, i)] = at(gradient, at(from, i)) + d * apply(slopes[which as 0 | 1], i);
      });
      return gradient;
    }),
  );
}

/** The shape of two that are written under one another, the last axes aligned; an axis of 1, or none, is repeated. */
function broadcast(x: Shape, y: Shape): Shape {
  const rank = Math.max(x.length, y.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [a, b] = [x[axis - rank + x.length] ?? 1, y[axis - rank + y.length] ?? 1];
    if (a !== b && a !== 1 && b !== 1) throw new Error(`[${x}] and [${y}] cannot be broadcast`);
    return a === 1 ? b : a;
  });
}

/** For each place of `shape`, which element of an array of shape `from` is repeated there. */
function places(from: Shape, shape: Shape): Int32Array {
  return Int32Array.from({ length: sizeOf(shape) }, (_, place) => {
    let [rest, index, stride] = [place, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      const own = from[axis - shape.length + from.length] ?? 1;
      index += (own === 1 ? 0 : rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    return index;
  });
}

function matrixProduct(x: Values, y: Values, m: number, k: number, n: number): Values {
  const product = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = at(x, i * k + p);
      for (let j = 0; j < n; j++) product[i * n + j] = at(product, i * n + j) + factor * at(y, p * n + j);
    }
  }
  return product;
}

/** The transpose of a matrix [m, n]. */
function transposed(x: Values, m: number, n: number): Values {
  return x.map((_, i) => at(x, (i % m) * n + Math.floor(i / m)));
}
