"""Prints pytorch-optimizers.ts: what PyTorch's optimizers make of six numbers in float64.

Run with PyTorch 1.13: python3 pytorch-optimizers.py > pytorch-optimizers.ts
The gradients are those of `gradientAt` in optimizer-problem.ts; after step 60 the learning rate is half of what it was.
"""

import torch
from torch import optim

# The product of momenta that NAdam remembers has the default dtype.
torch.set_default_dtype(torch.float64)

START = [1.0, -2.0, 0.5, 3.0, -0.25, 0.75]
CURVATURE = [1.0, 0.05, 4.0, 0.3, 2.0, 1.0]
SHOWN = [1, 10, 60, 61, 100]


def gradient_at(t, i, w):
    if i == 5 or (i == 4 and t % 3 != 0):
        return 0.0
    return CURVATURE[i] * w + ((7 * t + 3 * i) % 11 - 5) / 20


def trajectory(make):
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([w])
    for t in range(1, 101):
        w.grad = torch.tensor([gradient_at(t, i, x) for i, x in enumerate(w.tolist())], dtype=torch.float64)
        optimizer.step()
        if t == 60:
            for group in optimizer.param_groups:
                group["lr"] *= 0.5
        if t in SHOWN:
            yield w.tolist()


RUNS = {
    "SGD": lambda w: optim.SGD(w, lr=0.1),
    "SGD, weight decay": lambda w: optim.SGD(w, lr=0.1, weight_decay=0.2),
    "SGD, momentum": lambda w: optim.SGD(w, lr=0.02, momentum=0.9),
    "SGD, nesterov": lambda w: optim.SGD(w, lr=0.02, momentum=0.8, nesterov=True, weight_decay=0.1),
    "Adagrad": lambda w: optim.Adagrad(w, lr=0.3),
    "Adagrad, weight decay": lambda w: optim.Adagrad(w, lr=0.3, weight_decay=0.1, eps=1e-3),
    "RMSprop": lambda w: optim.RMSprop(w, lr=0.02),
    "RMSprop, momentum": lambda w: optim.RMSprop(w, lr=0.02, momentum=0.7, weight_decay=0.1, alpha=0.9),
    "RMSprop, centered": lambda w: optim.RMSprop(w, lr=0.02, centered=True, eps=1e-3),
    "RMSprop, centered, momentum": lambda w: optim.RMSprop(w, lr=0.01, centered=True, momentum=0.5, eps=1e-3),
    "Adam": lambda w: optim.Adam(w, lr=0.05),
    "Adam, weight decay": lambda w: optim.Adam(w, lr=0.05, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.2),
    "Adam, amsgrad": lambda w: optim.Adam(w, lr=0.05, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda w: optim.AdamW(w, lr=0.05),
    "AdamW, amsgrad": lambda w: optim.AdamW(w, lr=0.05, betas=(0.7, 0.95), weight_decay=0.3, amsgrad=True),
    # The loop of 1.13 over parameters multiplies mu(t) in twice (foreach=False); the documented formula is that of foreach.
    "NAdam": lambda w: optim.NAdam(w, foreach=True),
    "NAdam, weight decay": lambda w: optim.NAdam(w, lr=0.05, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.2, momentum_decay=0.1, foreach=True),
    "Adadelta": lambda w: optim.Adadelta(w),
    "Adadelta, weight decay": lambda w: optim.Adadelta(w, lr=3.0, rho=0.8, eps=1e-4, weight_decay=0.1),
}

print("// Printed by pytorch-optimizers.py, which says of what. The numbers are those of PyTorch " + torch.__version__.split("a")[0] + ".\n")
print("/** The steps after which the numbers are given. */")
print(f"export const shown: readonly number[] = {SHOWN};\n")
print("export const trajectories: Readonly<Record<string, readonly (readonly number[])[]>> = {")
for name, make in RUNS.items():
    print(f'  "{name}": [')
    for row in trajectory(make):
        print("    [" + ", ".join(repr(x) for x in row) + "],")
    print("  ],")
print("};")


def minimum(start, loss):
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = optim.LBFGS([p], max_iter=100, tolerance_grad=1e-12, tolerance_change=1e-16, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(p)
        value.backward()
        return value

    for _ in range(10):
        optimizer.step(closure)
    return p.tolist()


def rosenbrock(p):
    return (100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2).sum()


def quadratic(p):
    n = len(p)
    a = torch.tensor([[1 / (i + j + 1) + (0.01 if i == j else 0) for j in range(n)] for i in range(n)], dtype=p.dtype)
    return 0.5 * p @ a @ p - p.sum()


def logistic(p):
    x = torch.tensor([[1, i / 4 - 2, ((7 * i) % 11) / 5 - 1] for i in range(16)], dtype=p.dtype)
    t = torch.tensor([(5 * i) % 16 // 6 % 2 for i in range(16)], dtype=p.dtype)
    y = x @ p
    return (torch.nn.functional.softplus(y) - t * y).sum() + 0.05 * (p**2).sum()


print("\n/** Where LBFGS ends in float64, from -1, 1, -1, 1 ...: with the strong Wolfe search, a hundred directions a step, ten steps. */")
print("export const minima: Readonly<Record<string, readonly number[]>> = {")
for name, loss, n in [("rosenbrock", rosenbrock, 2), ("longer", rosenbrock, 6), ("quadratic", quadratic, 5), ("logistic", logistic, 3)]:
    print(f"  {name}: {minimum([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0][:n], loss)},")
print("};")
