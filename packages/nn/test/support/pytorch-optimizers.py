"""Prints pytorch-optimizers.ts: what PyTorch's optimizers make of six numbers in float64.

Run with PyTorch 1.13: python3 pytorch-optimizers.py > pytorch-optimizers.ts
The gradients are those of `gradientAt` in optimizer-problem.ts; after step 60 the learning rate is half of what it was.
"""

import torch
from torch import optim

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
