"""Writes pytorch_recipes.safetensors: a small network trained a hundred steps by PyTorch, once for each recipe.

The network is `PyTorchRecipeTests.network`; its activations are smooth, so that rounding is not amplified. Images and
labels are drawn by the generator of the tests (`someValues`). Everything is computed in float64 and rounded at the end.
For each recipe: the rate of every step, from PyTorch's own schedulers, and the parameters after the last step. Biases
learn at twice the rate without decay, as Caffe has it.

    python pytorch_recipes.py        # needs torch; made with torch 2.15.0
"""

import json
import pathlib
import struct

import torch
from torch import nn
from torch.optim import lr_scheduler

STEPS, BATCH = 100, 8
torch.set_default_dtype(torch.float64)


def some_values(count, seed):
    state = (seed * 0x9E3779B97F4A7C15 | 1) % 2**64
    values = []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        signed = state - 2**64 if state >= 2**63 else state
        values.append((signed >> 40) / 2**23)
    return values


def network():
    torch.manual_seed(0)
    result = nn.Sequential()
    result.add_module("conv1", nn.Conv2d(3, 4, 3, padding=1))
    result.add_module("tanh1", nn.Tanh())
    result.add_module("pool1", nn.AvgPool2d(2, 2))
    result.add_module("flatten", nn.Flatten())
    result.add_module("fc2", nn.Linear(16, 6))
    result.add_module("tanh2", nn.Tanh())
    result.add_module("fc3", nn.Linear(6, 3))
    for parameter in result.parameters():
        parameter.data = parameter.data.float().double()
    return result


def batch(step):
    # Channels last in the tests.
    images = torch.tensor(some_values(BATCH * 48, step + 1)).reshape(BATCH, 4, 4, 3)
    labels = torch.tensor([(image + step) % 3 for image in range(BATCH)])
    return images.permute(0, 3, 1, 2), labels


def rates(start, make):
    if make is None:
        return [start] * STEPS
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=start)
    scheduler = make(optimizer)
    result = []
    for _ in range(STEPS):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


def train(make, start, schedule=None, decay=0.0, layer_decay=1.0, clip=None, smoothing=0.0,
          toward=None, decoupled=False, parts=1):
    net = network()
    layers = ["conv1", "fc2", "fc3"]
    groups = []
    for name, parameter in net.named_parameters():
        bias = name.endswith(".bias")
        factor = layer_decay ** (len(layers) - 1 - layers.index(name.split(".")[0])) * (2 if bias else 1)
        copied = toward is not None and not name.startswith("fc3")
        groups.append({
            "params": [parameter], "factor": factor, "origin": parameter.detach().clone() if copied else None,
            "weight_decay": 0.0 if bias or copied else decay, "pull": 0.0 if bias or not copied else toward})
    optimizer = make([{k: v for k, v in g.items()} for g in groups])
    loss_of = nn.CrossEntropyLoss(label_smoothing=smoothing, reduction="sum")
    lrs = rates(start, schedule)
    for step in range(STEPS):
        images, labels = batch(step)
        optimizer.zero_grad()
        for x, y in zip(images.chunk(parts), labels.chunk(parts)):
            (loss_of(net(x), y) / BATCH).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        for group in optimizer.param_groups:
            group["lr"] = lrs[step] * group["factor"]
            if group["pull"]:
                parameter = group["params"][0]
                with torch.no_grad():
                    away = parameter - group["origin"]
                    if decoupled:
                        parameter -= group["lr"] * group["pull"] * away
                    else:
                        parameter.grad += group["pull"] * away
        optimizer.step()
    return lrs, net.state_dict()


def sgd(momentum, nesterov=False):
    return lambda groups: torch.optim.SGD(groups, lr=1, momentum=momentum, nesterov=nesterov)


def adam(groups):
    return torch.optim.Adam(groups, lr=1)


def adamw(groups):
    return torch.optim.AdamW(groups, lr=1)


def steps(optimizer):
    return lr_scheduler.MultiStepLR(optimizer, [30, 60], 0.5)


def cosine(optimizer):
    return lr_scheduler.CosineAnnealingLR(optimizer, STEPS, eta_min=0.001)


def restarts(optimizer):
    return lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 20, 2, eta_min=0.0001)


def one_cycle(peak, start, end):
    return lambda optimizer: lr_scheduler.OneCycleLR(
        optimizer, peak, total_steps=STEPS, pct_start=0.3, div_factor=peak / start,
        final_div_factor=start / end, cycle_momentum=False)


recipes = {
    "sgd": dict(make=sgd(0.9), start=0.05, decay=0.01),
    "nesterov": dict(make=sgd(0.9, True), start=0.05, decay=0.01),
    "pytorch-sgd": dict(make=sgd(0.9), start=0.05, schedule=steps, decay=0.01),
    "pytorch-nesterov": dict(make=sgd(0.9, True), start=0.05, schedule=cosine, decay=0.01),
    "adam": dict(make=adam, start=0.0004, schedule=one_cycle(0.01, 0.0004, 0.0001), decay=0.01),
    "adamw": dict(make=adamw, start=0.01, schedule=restarts, decay=0.1),
    "layer-decay": dict(make=adamw, start=0.01, decay=0.1, layer_decay=0.5),
    "clip": dict(make=sgd(0.9), start=0.05, decay=0.01, clip=0.1),
    "label-smoothing": dict(make=sgd(0.9), start=0.05, smoothing=0.1),
    "steps-of": dict(make=adamw, start=0.01, decay=0.1, clip=0.2, parts=4),
    "toward-source": dict(make=sgd(0.9), start=0.05, decay=0.01, toward=0.5, clip=1.0),
    "toward-source-adamw": dict(make=adamw, start=0.01, decay=0.1, toward=2.0, decoupled=True),
}

tensors = {f"before.{name}": value for name, value in network().state_dict().items()}
for recipe, settings in recipes.items():
    lrs, after = train(**settings)
    tensors[f"{recipe}/rates"] = torch.tensor(lrs)
    for name, value in after.items():
        tensors[f"{recipe}/{name}"] = value

header, data = {}, b""
for name, tensor in tensors.items():
    values = tensor.detach().float().contiguous().flatten().tolist()
    header[name] = {
        "dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + 4 * len(values)]}
    data += struct.pack(f"<{len(values)}f", *values)
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
path = pathlib.Path(__file__).with_suffix(".safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + data)
print(path, path.stat().st_size)
