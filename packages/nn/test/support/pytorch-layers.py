"""Prints pytorch-layers.ts: what PyTorch's layers give for the rows of the table of layers, in float64.

Run with PyTorch 1.13: python3 pytorch-layers.py > pytorch-layers.ts
Inputs, parameters and buffers are those of the tests: waves, in the order in which our layers name them. Where shapes differ
(the transpose of a Linear's weight, two biases for one), `give` and its callers say how.
"""

import json

import torch
from torch import nn

torch.set_default_dtype(torch.float64)


def wave(shape, scale=1.0, shift=0.0):
    n = 1
    for size in shape:
        n *= size
    return (scale * torch.sin(1.7 * torch.arange(n, dtype=torch.float64) + 0.3 + shift)).reshape(shape)


class Waves:
    """Parameters, one after the other."""

    def __init__(self):
        self.i = 0

    def __call__(self, *shape):
        self.i += 1
        return wave(shape, 0.5, self.i)


def buffers(*shapes):
    return [wave(shape, 0.5, i + 10) ** 2 + 0.5 for i, shape in enumerate(shapes)]


R = {}


def add(name, module, shape, values=None, training=False):
    module.train(training)
    x = wave(shape) if isinstance(shape, tuple) else shape
    with torch.no_grad():
        if values is not None:
            for parameter, value in values.items():
                found = module.get_parameter(parameter)
                assert found.shape == value.shape, (name, parameter, found.shape, value.shape)
                found.copy_(value)
            assert set(values) == {n for n, _ in module.named_parameters()}, name
        y = module(x)
        y = y[0] if isinstance(y, tuple) else y
        out = y.flatten().tolist()
        if training:
            out += module.running_mean.tolist() + module.running_var.tolist()
    R[name + (": training" if training else "")] = out


for name, module in (
    ("ReLU", nn.ReLU()), ("Sigmoid", nn.Sigmoid()), ("Tanh", nn.Tanh()), ("Softplus", nn.Softplus()),
    ("SiLU", nn.SiLU()), ("Mish", nn.Mish()), ("SELU", nn.SELU()), ("LeakyReLU", nn.LeakyReLU()),
    ("LeakyReLU, slope 0.2", nn.LeakyReLU(0.2)), ("ELU", nn.ELU()), ("ELU, alpha 0.5", nn.ELU(0.5)),
    ("GELU", nn.GELU()), ("GELU, tanh", nn.GELU(approximate="tanh")),
    ("Softmax", nn.Softmax(-1)), ("LogSoftmax", nn.LogSoftmax(-1)),
):
    add(name, module, (2, 3))
p = Waves()
add("PReLU", nn.PReLU(), (2, 3), {"weight": p(1)})
p = Waves()
add("PReLU, channels", nn.PReLU(3), (2, 3, 2), {"weight": p(3)})
add("Softmax, axis 1", nn.Softmax(1), (2, 3, 2))
add("LogSoftmax, axis 1", nn.LogSoftmax(1), (2, 3, 2))

p = Waves()
add("Affine", nn.Linear(6, 4), (3, 6), {"weight": p(6, 4).T, "bias": p(4)})
p = Waves()
add("Linear", nn.Linear(3, 4), (2, 3, 3), {"weight": p(3, 4).T, "bias": p(4)})
add("Flatten", nn.Flatten(), (2, 3, 2, 2))

p = Waves()
add("Conv2d", nn.Conv2d(2, 3, 2), (2, 2, 3, 4), {"weight": p(3, 2, 2, 2), "bias": p(3)})
p = Waves()
add("Conv2d, strided, dilated, padded, in groups, without bias",
    nn.Conv2d(4, 2, (2, 3), stride=(2, 1), padding=(1, 2), dilation=(2, 1), groups=2, bias=False), (1, 4, 3, 3),
    {"weight": p(2, 2, 2, 3)})
p = Waves()
add("Conv2d, same size", nn.Conv2d(1, 2, (3, 2), padding="same"), (1, 1, 3, 4), {"weight": p(2, 1, 3, 2), "bias": p(2)})
p = Waves()
add("Conv2d, padded at some ends", nn.Sequential(nn.ZeroPad2d((0, 2, 1, 0)), nn.Conv2d(1, 1, 2)), (1, 1, 3, 2),
    {"1.weight": p(1, 1, 2, 2), "1.bias": p(1)})
p = Waves()
add("Conv1d", nn.Conv1d(2, 3, 3, padding=1, stride=2), (2, 2, 5), {"weight": p(3, 2, 3), "bias": p(3)})
p = Waves()
add("ConvTranspose2d", nn.ConvTranspose2d(2, 3, (2, 3), stride=(2, 1), padding=(0, 1), output_padding=(1, 0)),
    (1, 2, 2, 3), {"weight": p(2, 3, 2, 3), "bias": p(3)})
p = Waves()
add("ConvTranspose1d", nn.ConvTranspose1d(4, 2, 2, stride=2, groups=2, dilation=2), (1, 4, 3),
    {"weight": p(4, 1, 2), "bias": p(2)})
p = Waves()
add("DepthwiseConv2d", nn.Conv2d(2, 4, (2, 1), padding=(1, 0), groups=2), (2, 2, 3, 2),
    {"weight": p(4, 1, 2, 1), "bias": p(4)})
p = Waves()
add("SeparableConv2d", nn.Sequential(nn.Conv2d(2, 4, 2, groups=2, bias=False), nn.Conv2d(4, 3, 1)), (1, 2, 3, 3),
    {"0.weight": p(4, 1, 2, 2), "1.weight": p(3, 4, 1, 1), "1.bias": p(3)})

add("MaxPool2d", nn.MaxPool2d(2), (2, 2, 4, 5))
add("MaxPool1d", nn.MaxPool1d(3, stride=2, padding=1), (2, 2, 5))
add("AvgPool2d", nn.AvgPool2d((2, 3), stride=1, padding=(1, 1), count_include_pad=False), (1, 2, 3, 4))
add("AvgPool1d", nn.AvgPool1d(2), (2, 2, 5))
add("MaxPool2d, dilated, up to the end", nn.MaxPool2d(2, stride=2, dilation=(1, 2), ceil_mode=True), (1, 2, 3, 6))
add("AdaptiveAvgPool2d", nn.AdaptiveAvgPool2d((2, 3)), (1, 2, 3, 5))
add("AdaptiveMaxPool2d", nn.AdaptiveMaxPool2d((2, 3)), (1, 2, 3, 5))
add("AdaptiveAvgPool1d", nn.AdaptiveAvgPool1d(3), (2, 2, 5))
add("AdaptiveMaxPool1d", nn.AdaptiveMaxPool1d(3), (2, 2, 5))
add("GlobalAvgPool", nn.AdaptiveAvgPool2d(1), (2, 3, 2, 2))
add("GlobalMaxPool", nn.AdaptiveMaxPool2d(1), (2, 3, 2, 2))


def batch_norm(name, make, size, shape, affine=True):
    for training in (False, True):
        module = make()
        p = Waves()
        module.running_mean, module.running_var = buffers((size,), (size,))
        add(name, module, shape, {"weight": p(size), "bias": p(size)} if affine else {}, training)


batch_norm("BatchNorm, per feature", lambda: nn.BatchNorm1d(3), 3, (4, 3))
batch_norm("BatchNorm, without parameters", lambda: nn.BatchNorm1d(2, affine=False, momentum=0.3), 2, (3, 2, 2), False)
p = Waves()
add("LayerNorm", nn.LayerNorm(4), (3, 4), {"weight": p(4), "bias": p(4)})
add("LayerNorm, over two axes, without parameters", nn.LayerNorm((2, 3), elementwise_affine=False, eps=0.1), (2, 2, 3))
p = Waves()
add("GroupNorm", nn.GroupNorm(2, 4), (2, 4, 3), {"weight": p(4), "bias": p(4)})
p = Waves()
add("InstanceNorm", nn.InstanceNorm1d(2, affine=True), (2, 2, 3), {"weight": p(2), "bias": p(2)})
add("InstanceNorm, without parameters", nn.InstanceNorm1d(2), (2, 2, 3))

p = Waves()
add("Embedding", nn.Embedding(5, 3), (3 * torch.arange(6) + 1).remainder(5).reshape(2, 3), {"weight": p(5, 3)})


def give(p, gates, suffix, inputs, hidden, bias=True):
    """One direction of one layer: our b is that of the input, but of a GRU's n, whose two biases we have as well."""
    out = {f"weight_ih_{suffix}": p(inputs, gates * hidden).T, f"weight_hh_{suffix}": p(hidden, gates * hidden).T}
    if bias:
        out[f"bias_ih_{suffix}"] = p(gates * hidden)
        out[f"bias_hh_{suffix}"] = torch.zeros(gates * hidden)
        if gates == 3:
            out[f"bias_hh_{suffix}"][2 * hidden:] = p(hidden)
    return out


for name, Module, gates in (("RNN", nn.RNN, 1), ("LSTM", nn.LSTM, 4), ("GRU", nn.GRU, 3)):
    add(name, Module(3, 2, batch_first=True), (2, 3, 3), give(Waves(), gates, "l0", 3, 2))
    p = Waves()
    add(f"{name}, two layers, both directions", Module(2, 2, num_layers=2, bidirectional=True, batch_first=True), (1, 2, 2),
        {**give(p, gates, "l0", 2, 2), **give(p, gates, "l1", 4, 2),
         **give(p, gates, "l0_reverse", 2, 2), **give(p, gates, "l1_reverse", 4, 2)})
    p = Waves()
    add(f"{name}, two layers, dropout, without biases", Module(2, 3, num_layers=2, bias=False, batch_first=True), (1, 2, 2),
        {**give(p, gates, "l0", 2, 3, False), **give(p, gates, "l1", 3, 3, False)})
add("RNN, relu", nn.RNN(2, 3, nonlinearity="relu", batch_first=True), (2, 2, 2), give(Waves(), 1, "l0", 2, 3))


def attention(p, size, bias=True, prefix=""):
    weights, biases = [], []
    for _ in range(4):
        weights.append(p(size, size).T)
        if bias:
            biases.append(p(size))
    out = {f"{prefix}in_proj_weight": torch.cat(weights[:3]), f"{prefix}out_proj.weight": weights[3]}
    if bias:
        out |= {f"{prefix}in_proj_bias": torch.cat(biases[:3]), f"{prefix}out_proj.bias": biases[3]}
    return out


class SelfAttention(nn.MultiheadAttention):
    causal = False

    def forward(self, x):
        steps = x.shape[1]
        mask = torch.triu(torch.ones(steps, steps, dtype=torch.bool), 1) if self.causal else None
        return super().forward(x, x, x, attn_mask=mask)


add("MultiHeadAttention", SelfAttention(4, 2, batch_first=True), (2, 3, 4), attention(Waves(), 4))
causal = SelfAttention(2, 1, bias=False, batch_first=True)
causal.causal = True
add("MultiHeadAttention, causal, dropout, without biases", causal, (2, 3, 2), attention(Waves(), 2, False))


def block(p, size, hidden):
    out = {"norm1.weight": p(size), "norm1.bias": p(size)}
    out |= attention(p, size, prefix="self_attn.")
    out |= {"norm2.weight": p(size), "norm2.bias": p(size)}
    out |= {"linear1.weight": p(size, hidden).T, "linear1.bias": p(hidden)}
    return out | {"linear2.weight": p(hidden, size).T, "linear2.bias": p(size)}


def encoder(size, hidden, **options):
    return nn.TransformerEncoderLayer(size, 2, dim_feedforward=hidden, batch_first=True, **options)


add("TransformerBlock", encoder(4, 3, activation="gelu", norm_first=True), (1, 3, 4), block(Waves(), 4, 3))
add("TransformerBlock, normalised behind, relu", encoder(4, 5), (1, 2, 4), block(Waves(), 4, 5))

print('''/*
 * What PyTorch 1.13 gives in float64 for the rows of the table of layers, printed by pytorch-layers.py; in training also the new
 * running mean and variance.
 */

export const pytorchLayers: Readonly<Record<string, readonly number[]>> = {''')
for name, values in R.items():
    print(f"  {json.dumps(name)}: {json.dumps(values)},")
print("};")
