"""What PyTorch does, on one thread, as its users write it."""

import os

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def versions():
    return f"PyTorch {torch.__version__}"


def unfit():
    """Debian's reference BLAS, a plain Fortran loop, says nothing about PyTorch."""
    torch.rand(64, 64) @ torch.rand(64, 64)
    if not os.path.exists("/proc/self/maps"):
        return None
    with open("/proc/self/maps") as maps:
        if "/blas/libblas.so" in maps.read():
            return "it uses the reference BLAS; install libopenblas0-pthread"
    return None


class Training:
    """Steps of a perceptron, or of a network of convolutions and affine layers."""

    def __init__(self, kind, rate, shape, images, labels, weights, rows, gather, convolutions=None):
        self.images = torch.from_numpy(images).reshape(shape)
        self.labels = torch.from_numpy(labels).long()
        self.weights = [torch.from_numpy(weight["values"].reshape(weight["shape"]).copy()) for weight in weights]
        # An affine layer's weights are [inputs, outputs] here, those of a convolution [filters, channels, height, width].
        self.biases = [torch.zeros(W.shape[0] if W.dim() == 4 else W.shape[1]) for W in self.weights]
        for parameter in self.weights + self.biases:
            parameter.requires_grad_()
        self.convolutions = convolutions or [{"padding": 1, "pool": True}] * (len(weights) - 1)
        self.forward = {"mlp": self.perceptron, "cnn": self.convolutional}[kind]
        self.optimizer = torch.optim.SGD(self.weights + self.biases, lr=rate)
        rows = [torch.from_numpy(own).long() for own in rows]
        self.batches = rows if gather else [self.take(own) for own in rows]
        self.gather = gather
        self.losses = []

    def take(self, rows):
        return self.images[rows], self.labels[rows]

    def perceptron(self, x, first=0):
        last = len(self.weights) - 1
        for i in range(first, last + 1):
            x = torch.addmm(self.biases[i], x, self.weights[i])
            if i < last:
                x = F.relu(x)
        return x

    def convolutional(self, x):
        for own, W, b in zip(self.convolutions, self.weights, self.biases):
            x = F.relu(F.conv2d(x, W, b, padding=own["padding"]))
            if own["pool"]:
                x = F.max_pool2d(x, 2)
        return self.perceptron(x.flatten(1), len(self.convolutions))

    def step(self, images, labels):
        loss = F.cross_entropy(self.forward(images), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def run(self):
        self.losses = [self.step(*(self.take(batch) if self.gather else batch)) for batch in self.batches]

    def result(self):
        return [loss.item() for loss in self.losses]


class Chain:
    """y = x + c + c ..., or x + x + x ..., and the gradient of its sum."""

    def __init__(self, start, step, additions, again):
        self.start, self.step = torch.from_numpy(start), torch.from_numpy(step)
        self.additions, self.again = additions, again

    def run(self):
        x = self.start.clone().requires_grad_()
        y = x
        for _ in range(self.additions):
            y = y + (x if self.again else self.step)
        value = y.sum()
        value.backward()
        self.value, self.gradient = value.item(), x.grad

    def result(self):
        return [self.value, *self.gradient.tolist()]


class MatMul:
    def __init__(self, a, b, n, count):
        self.a, self.b = torch.from_numpy(a).reshape(n, n), torch.from_numpy(b).reshape(n, n)
        self.count = count

    def run(self):
        for _ in range(self.count):
            self.out = self.a @ self.b

    def result(self):
        return self.out


class Solution:
    """GradBench's ode, of which the suite has no PyTorch program: the gradient of the last component after Runge-Kutta's steps."""

    def __init__(self, x, steps):
        self.x, self.steps = torch.from_numpy(x), steps

    def run(self):
        x = self.x.clone().requires_grad_()
        h = 2 / self.steps
        one = torch.ones(1, dtype=x.dtype)

        def slope(y):
            return x * torch.cat((one, y[:-1]))

        y = torch.zeros_like(x)
        for _ in range(self.steps):
            k1 = slope(y)
            k2 = slope(y + h / 2 * k1)
            k3 = slope(y + h / 2 * k2)
            k4 = slope(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        y[-1].backward()
        self.gradient = x.grad

    def result(self):
        return self.gradient


CONTESTANTS = {"Training": Training, "Chain": Chain, "MatMul": MatMul, "Solution": Solution}
