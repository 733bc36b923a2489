"""What NumPy does: training steps with backward passes by hand, as textbooks write them, and matrix products."""

import numpy as np


def versions():
    return f"NumPy {np.__version__}"


def unfit():
    return None


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.W.T)

    def update(self, rate):
        self.W -= rate * self.dW
        self.b -= rate * self.db


class ReLU:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout

    def update(self, rate):
        pass


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        shifted = x - np.max(x, axis=1, keepdims=True)
        exps = np.exp(shifted)
        self.y = exps / np.sum(exps, axis=1, keepdims=True)
        return -np.sum(np.log(self.y[np.arange(len(t)), t] + 1e-7)) / len(t)

    def backward(self):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / len(self.t)


class Training:
    """Steps of a perceptron. The images are of one dtype and the weights of another: float32 and float64 in textbooks,
    where the images are scaled to float32 and np.random.randn gives float64, so that NumPy converts as it multiplies."""

    def __init__(self, kind, rate, shape, images, labels, weights, rows, gather, image_dtype, weight_dtype):
        if kind != "mlp":
            raise ValueError(f"no {kind} in NumPy")
        self.images = images.reshape(shape).astype(image_dtype, copy=False)
        self.labels = labels
        self.rate = rate
        self.layers = []
        for weight in weights:
            W = weight["values"].reshape(weight["shape"]).astype(weight_dtype)
            if self.layers:
                self.layers.append(ReLU())
            self.layers.append(Affine(W, np.zeros(W.shape[1], dtype=weight_dtype)))
        self.last = SoftmaxWithLoss()
        self.batches = rows if gather else [self.take(own) for own in rows]
        self.gather = gather
        self.losses = []

    def take(self, rows):
        return self.images[rows], self.labels[rows]

    def step(self, x, t):
        for layer in self.layers:
            x = layer.forward(x)
        loss = self.last.forward(x, t)
        dout = self.last.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        for layer in self.layers:
            layer.update(self.rate)
        return loss

    def run(self):
        self.losses = [self.step(*(self.take(batch) if self.gather else batch)) for batch in self.batches]

    def result(self):
        return self.losses


class MatMul:
    def __init__(self, a, b, n, count):
        self.a, self.b = a.reshape(n, n), b.reshape(n, n)
        self.count = count

    def run(self):
        for _ in range(self.count):
            self.out = self.a @ self.b

    def result(self):
        return self.out


CONTESTANTS = {"Training": Training, "MatMul": MatMul}
