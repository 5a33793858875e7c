"""Writes torchvision_networks.json: what torchvision's networks make of seeded weights.

For each network of pipelines/networks that torchvision has (and a resnet20 of its blocks): names and shapes of its
state_dict, and the scores of two images in evaluation. For resnet18 and mobilenet-v2 also one step of training on
four images of 64 x 64: the loss, and of every gradient and running statistic its length and its product with a fixed
vector. Ten classes, float64. Weights and images are hashes of their positions and names, so that both sides make
them and nothing large need be kept; running means and variances are unlike those of a new network.

    python torchvision_networks.py        # needs torch and torchvision; made with torch 2.15.0, torchvision 0.29.2
"""

import json
import math
import pathlib

import numpy
import torch
import torchvision
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


def salt(name):
    """FNV-1a of a name."""
    result = 2166136261
    for byte in name.encode():
        result = (result ^ byte) * 16777619 % 2**32
    return result


def values(name, shape):
    """Weights within a power of two near He's bound; scales and variances in 1/2 ..< 3/2; the rest small."""
    drawn = numbers(math.prod(shape), salt(name))
    if len(shape) > 1:
        return drawn * 2.0 ** round(math.log2(math.sqrt(6 / math.prod(shape[1:]))))
    if name.endswith("weight") or name.endswith("running_var"):
        return 1 + drawn / 2
    return drawn / 8


def resnet20(num_classes):
    """torchvision's ResNet of basic blocks, narrowed, without what makes a large image small."""
    network = torchvision.models.ResNet(
        torchvision.models.resnet.BasicBlock, [3, 3, 3, 1], num_classes=num_classes)
    network.inplanes = 16
    network.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
    network.bn1 = nn.BatchNorm2d(16)
    network.maxpool = nn.Identity()
    block = torchvision.models.resnet.BasicBlock
    network.layer1 = network._make_layer(block, 16, 3)
    network.layer2 = network._make_layer(block, 32, 3, stride=2)
    network.layer3 = network._make_layer(block, 64, 3, stride=2)
    network.layer4 = nn.Identity()
    network.fc = nn.Linear(64, num_classes)
    return network


def make(name):
    if name == "resnet20":
        network = resnet20(10)
    else:
        network = getattr(torchvision.models, name.replace("-", "_").replace(".", "_"))(num_classes=10)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    network = network.double()
    state = network.state_dict()
    for key, tensor in state.items():
        if not key.endswith("num_batches_tracked"):
            state[key] = torch.from_numpy(values(key, tensor.shape)).reshape(tensor.shape)
    network.load_state_dict(state)
    return network


def images(count, side):
    return 2 * torch.from_numpy(numbers(count * 3 * side * side, 0)).reshape(count, 3, side, side)


def measure(name, tensor):
    vector = torch.from_numpy(numbers(tensor.numel(), salt(name) + 1))
    return [tensor.double().norm().item(), (tensor.double().flatten() @ vector).item()]


def step(name):
    network = make(name).train()
    labels = torch.tensor([1, 3, 5, 7])
    loss = nn.functional.cross_entropy(network(images(4, 64)), labels)
    loss.backward()
    return {
        "loss": loss.item(),
        "gradients": {key: measure(key, value.grad) for key, value in network.named_parameters()},
        "statistics": {key: measure(key, value) for key, value in network.named_buffers()
                       if not key.endswith("num_batches_tracked")},
    }


result = {}
for name in ["alexnet", "vgg11", "vgg16-bn", "resnet18", "resnet34", "resnet50", "mobilenet-v2", "squeezenet1.1",
             "resnet20"]:
    network = make(name).eval()
    with torch.no_grad():
        scores = network(images(2, 32 if name == "resnet20" else 224))
    result[name] = {
        "parameters": {key: list(value.shape) for key, value in network.state_dict().items()
                       if not key.endswith("num_batches_tracked")},
        "scores": scores.flatten().tolist(),
    }
    if name in ("resnet18", "mobilenet-v2"):
        result[name]["step"] = step(name)
path = pathlib.Path(__file__).with_name("torchvision_networks.json")
path.write_text(json.dumps(result, separators=(",", ":")).replace('},"', '},\n"') + "\n")
