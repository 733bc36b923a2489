"""Prints pytorch-schedules.ts: the learning rates that PyTorch's lr_scheduler gives from a rate of 1.

Run with PyTorch 1.13: python3 pytorch-schedules.py > pytorch-schedules.ts
"""

import warnings

import torch
from torch.optim import SGD
from torch.optim import lr_scheduler as lr

warnings.simplefilter("ignore")


def rates(make, steps):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def plateau(metrics, **options):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = lr.ReduceLROnPlateau(optimizer, **options)
    found = []
    for metric in metrics:
        scheduler.step(metric)
        found.append(optimizer.param_groups[0]["lr"])
    return found


SCHEDULES = {
    "step": (lambda o: lr.StepLR(o, 5), 17),
    "step, gamma": (lambda o: lr.StepLR(o, 3, gamma=0.5), 17),
    "multi-step": (lambda o: lr.MultiStepLR(o, [2, 3, 9]), 12),
    "exponential": (lambda o: lr.ExponentialLR(o, 0.9), 12),
    "polynomial": (lambda o: lr.PolynomialLR(o, 10), 13),
    "polynomial, power": (lambda o: lr.PolynomialLR(o, 9, power=2.5), 12),
    "linear": (lambda o: lr.LinearLR(o, total_iters=6), 9),
    "linear, down": (lambda o: lr.LinearLR(o, 1, 0.25, total_iters=7), 9),
    "cosine": (lambda o: lr.CosineAnnealingLR(o, 10), 11),
    "cosine, min": (lambda o: lr.CosineAnnealingLR(o, 7, eta_min=0.1), 8),
    "restarts": (lambda o: lr.CosineAnnealingWarmRestarts(o, 5), 17),
    "restarts, growth": (lambda o: lr.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.05), 30),
    "warm-up": (lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, total_iters=4), lr.CosineAnnealingLR(o, 10)], [4]), 15),
    "warm-up alone": (lambda o: lr.LinearLR(o, 0.2, total_iters=5), 9),
    "one cycle": (lambda o: lr.OneCycleLR(o, 1.0, total_steps=20, cycle_momentum=False), 20),
    "one cycle, linear": (
        lambda o: lr.OneCycleLR(
            o, 1.0, total_steps=15, pct_start=0.4, anneal_strategy="linear", div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
        15,
    ),
    "one cycle, short": (lambda o: lr.OneCycleLR(o, 1.0, total_steps=3, cycle_momentum=False), 3),
}

METRICS = [3, 2, 1.9999, 2, 2.5, 1.5, 1.6, 1.6, 1.6, 1.6, 1.49, 1.495, 1.6, 1.7, 1.8, 1.9, float("nan"), 2, 2, 1, 1, 1, 1, 1, 1, 1]
PLATEAUS = {
    "min": dict(patience=2),
    "max": dict(mode="max", patience=1, factor=0.5),
    "abs": dict(patience=1, factor=0.5, threshold=0.02, threshold_mode="abs", min_lr=0.1),
    "cooldown": dict(patience=1, factor=0.5, cooldown=3, threshold=0.01),
    "max, abs": dict(mode="max", threshold_mode="abs", threshold=0.2, patience=3, factor=0.3, min_lr=0.25),
}

print("// Printed by pytorch-schedules.py. The numbers are those of PyTorch " + torch.__version__.split("a")[0] + ".\n")
print("/** The learning rates of the steps 0, 1, 2 ... */")
print("export const rates: Readonly<Record<string, readonly number[]>> = {")
for name, (make, steps) in SCHEDULES.items():
    print(f'  "{name}": {rates(make, steps)},')
print("};\n")
print("/** Metrics that come one behind the other, and the learning rates after each of them. */")
print(f"export const metrics: readonly number[] = {METRICS};\n".replace("nan", "NaN"))
print("export const plateaus: Readonly<Record<string, readonly number[]>> = {")
for name, options in PLATEAUS.items():
    print(f'  "{name}": {plateau(METRICS, **options)},')
print("};")
