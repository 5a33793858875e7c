"""Writes pretrained.safetensors: a small network as PyTorch would leave it behind.

Single, half and bfloat16 precision, batch norm's whole-number counter included, and tensors that no
layer of the tests' network has: under `expected.`, what PyTorch makes of each tensor in float32.

    python pretrained.py        # needs torch; made with torch 2.15.0+cu132
"""

import json
import pathlib
import struct

import torch
from torch import nn

torch.manual_seed(4)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5, stride=2)
        self.conv1.norm = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1, groups=2)
        self.fc3 = nn.Linear(392, 16)
        self.fc4 = nn.Linear(16, 5)

    def forward(self, images):
        x = self.conv1.norm(self.conv1(images)).relu()
        x = nn.functional.max_pool2d(x, 3, 2, ceil_mode=True)
        x = self.conv2(x).relu().flatten(1)
        return self.fc4(self.fc3(x).relu())


network = Network()
# A few batches, so that the running statistics are no longer those of the start.
for _ in range(3):
    network(torch.randn(8, 3, 32, 32) * 2 + 1)
tensors = dict(network.state_dict())
for name in tensors:
    if name.startswith("conv2"):
        tensors[name] = tensors[name].half()
    if name.startswith("fc"):
        tensors[name] = tensors[name].bfloat16()
for name in list(tensors):
    if name.startswith("conv") and tensors[name].is_floating_point():
        tensors["expected." + name] = tensors[name].float()
del tensors["fc3.weight"]  # large, and nothing needs it

types = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}
header, data = {"__metadata__": {"format": "pt"}}, b""
for name, value in tensors.items():
    raw = bytes(value.contiguous().flatten().view(torch.uint8).tolist())
    header[name] = {
        "dtype": types[value.dtype],
        "shape": list(value.shape),
        "data_offsets": [len(data), len(data) + len(raw)],
    }
    data += raw
text = json.dumps(header).encode()
path = pathlib.Path(__file__).with_name("pretrained.safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + data)
print(path, len(data))
