"""Writes pytorch_twin.safetensors: a small network trained three steps by PyTorch.

The network is `PyTorchTwinTests.network`. Parameters, images and labels before training; logits and
gradients of the first step; logits and parameters after three steps of SGD with momentum 0.9,
decay 0.01 and a constant rate of 0.1 (biases of weighted layers at twice the rate without decay, as Caffe
does; where the rate is constant, PyTorch's rule and Caffe's are the same), everything in float64 and
rounded at the end.

    python pytorch_twin.py        # needs torch; made with torch 2.15.0+cu132
"""

import json
import pathlib
import struct

import torch
from torch import nn

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)

network = nn.Sequential()
network.add_module("conv1", nn.Conv2d(3, 8, 3, padding=1))
network.add_module("conv1_norm", nn.BatchNorm2d(8))
network.add_module("relu1", nn.ReLU())
network.add_module("pool1", nn.MaxPool2d(3, 2, ceil_mode=True))
network.add_module("lrn1", nn.LocalResponseNorm(5, alpha=0.1, beta=0.75, k=1))
network.add_module("conv2", nn.Conv2d(8, 6, 3, padding=2, stride=2, groups=2))
network.add_module("tanh2", nn.Tanh())
network.add_module("pool2", nn.AvgPool2d(2, 2, ceil_mode=True))
network.add_module("flatten", nn.Flatten())
network.add_module("fc3", nn.Linear(24, 10))
network.add_module("fc3_norm", nn.BatchNorm1d(10))
network.add_module("relu3", nn.ReLU())
network.add_module("fc4", nn.Linear(10, 3))

tensors = {}


def keep(prefix, values):
    for name, value in values.items():
        if not name.endswith("num_batches_tracked"):
            tensors[prefix + name.replace("_norm", ".norm")] = value.detach().clone()


images = torch.randn(7, 3, 9, 8).float().double()
labels = torch.tensor([0, 1, 2, 0, 1, 2, 0])
for parameter in network.parameters():
    parameter.data = parameter.data.float().double()
keep("before.", network.state_dict())
tensors["images"] = images


def is_bias(name):
    return name.endswith(".bias") and "norm" not in name


named = list(network.named_parameters())
optimizer = torch.optim.SGD(
    [
        {"params": [p for n, p in named if not is_bias(n) and "norm" not in n]},
        {"params": [p for n, p in named if is_bias(n)], "lr": 0.2, "weight_decay": 0},
        {"params": [p for n, p in named if "norm" in n], "weight_decay": 0},
    ],
    lr=0.1,
    momentum=0.9,
    weight_decay=0.01,
)
losses = []
for step in range(3):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(network(images), labels)
    loss.backward()
    losses.append(loss.detach())
    if step == 0:
        keep("gradient.", {n: p.grad for n, p in named})
    optimizer.step()
tensors["losses"] = torch.stack(losses)
keep("after.", network.state_dict())
network.eval()
tensors["logits"] = network(images).detach()

header, data = {}, b""
for name, value in tensors.items():
    flat = value.float().flatten().tolist()
    header[name] = {
        "dtype": "F32",
        "shape": list(value.shape),
        "data_offsets": [len(data), len(data) + 4 * len(flat)],
    }
    data += struct.pack(f"<{len(flat)}f", *flat)
text = json.dumps(header).encode()
path = pathlib.Path(__file__).with_name("pytorch_twin.safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + data)
