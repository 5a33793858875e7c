"""Writes whole_networks.json: what PyTorch makes of pipelines/networks/caffenet.yaml and small32.yaml.

One step of CaffeNet (batch 16) and the loss after it; twenty steps of small32 (batch 128). Dropout off, momentum
0.9, decay 0.0005, rate 0.0001, biases at twice the rate without decay. Weights, images and labels are
hashes of their positions, so that both sides make them and nothing large need be kept. Computed in float64; beside
it what PyTorch's own float32 gives.

    python whole_networks.py        # needs torch and numpy; made with torch 2.15.0+cu132
"""

import json
import math
import pathlib

import numpy
import torch
from torch import nn


def numbers(count, salt):
    """`count` numbers in -1 ..< 1, multiples of 2^-23: the finalizer of MurmurHash3 on the position."""
    x = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(salt * 0x9E3779B9 % 2**32)
    x ^= x >> 16
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> 13
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> 16
    return (x >> 8).astype(numpy.float64) / 2**23 - 1


def pool(kernel):
    return nn.MaxPool2d(kernel, 2, ceil_mode=True)


def norm():
    return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)


def small32():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), pool(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), pool(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), pool(2), nn.Flatten(),
        nn.Linear(2048, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))


def caffenet():
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), pool(3), norm(),
        nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), pool(3), norm(),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), pool(3), nn.Flatten(),
        nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))


def scale(parameter):
    """A power of two near He's bound for weights; 1/16 for biases."""
    if parameter.dim() == 1:
        return 1 / 16
    return 2.0 ** round(math.log2(math.sqrt(6 / parameter[0].numel())))


def losses(make, shape, batch, steps, classes, dtype):
    network = make().to(dtype)
    scales = []
    for salt, parameter in enumerate(network.parameters()):
        scales.append(scale(parameter))
        values = numbers(parameter.numel(), salt + 1) * scales[-1]
        parameter.data = torch.from_numpy(values).reshape(parameter.shape).to(dtype)
    images = torch.from_numpy(numbers(batch * math.prod(shape), 0)).reshape(batch, *shape).to(dtype)
    labels = torch.tensor([7 * image % classes for image in range(batch)])
    parameters = list(network.parameters())
    optimizer = torch.optim.SGD(
        [{"params": [p for p in parameters if p.dim() > 1]},
         {"params": [p for p in parameters if p.dim() == 1], "lr": 0.0002, "weight_decay": 0}],
        lr=0.0001, momentum=0.9, weight_decay=0.0005)
    found, gradients = [], []
    for step in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images), labels)
        found.append(loss.item())
        loss.backward()
        if step == 0:
            gradients = [p.grad.double().norm().item() for p in parameters]
        optimizer.step()
    with torch.no_grad():
        found.append(nn.functional.cross_entropy(network(images), labels).item())
    return {"losses": found, "gradient-norms": gradients, "scales": scales}


result = {}
for name, work in {
    "small32": (small32, (3, 32, 32), 128, 20, 10),
    "caffenet": (caffenet, (3, 227, 227), 16, 1, 1000),
}.items():
    result[name] = losses(*work, torch.float64)
    result[name]["losses-in-float32"] = losses(*work, torch.float32)["losses"]
pathlib.Path(__file__).with_name("whole_networks.json").write_text(json.dumps(result, indent=1) + "\n")
