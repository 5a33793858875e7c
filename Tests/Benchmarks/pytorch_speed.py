"""Times PyTorch training and inferring one of the networks of pipelines/networks; prints one line of JSON.

    python pytorch_speed.py NETWORK --batch 128 --threads 2 [--tuned] [--bf16] [--repetitions 7]

The work is that of `cambium bench`: fp32 (or `--bf16`: under torch.autocast), all layers learning, biases at twice the rate without decay, momentum,
weight decay, dropout on, random images and labels in memory, copied into the batch's tensors each step as they
are by a data loader. `--tuned`: channels last, fused SGD; with MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_
set very large by who calls (compare.py does), since glibc reads them when the process starts. Needs torch, and torchvision
for its networks.
"""

import argparse
import json
import resource
import time

import torch
from torch import nn


def small32(classes):
    layers = []
    channels = 3
    for filters, pools in [(32, False), (32, True), (64, False), (64, True), (128, True)]:
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2, 2)] if pools else []
        channels = filters
    layers += [nn.Flatten(), nn.Linear(128 * 4 * 4, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, classes)), (3, 32, 32)


def caffenet(classes):
    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    def norm():
        return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)

    return nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), pool(), norm(),
        nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), pool(), norm(),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), pool(),
        nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, classes),
    ), (3, 227, 227)


class Basic(nn.Module):
    """A block of resnet20."""

    def __init__(self, inputs, width):
        super().__init__()
        stride = 1 if inputs == width else 2
        self.path = nn.Sequential(
            nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))
        self.shortcut = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.path(x) + self.shortcut(x))


def resnet20(classes):
    blocks = [Basic(inputs, width) for inputs, width in
              [(16, 16)] * 3 + [(16, 32), (32, 32), (32, 32), (32, 64), (64, 64), (64, 64)]]
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes)), (3, 32, 32)


def of_torchvision(name):
    def make(classes):
        import torchvision

        return getattr(torchvision.models, name)(num_classes=classes), (3, 224, 224)

    return make


makers = {"small32": small32, "caffenet": caffenet, "resnet20": resnet20, "resnet18": of_torchvision("resnet18"),
          "resnet50": of_torchvision("resnet50"), "mobilenet-v2": of_torchvision("mobilenet_v2")}

parser = argparse.ArgumentParser()
parser.add_argument("network", choices=list(makers))
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--classes", type=int, default=1000)
parser.add_argument("--repetitions", type=int, default=7)
parser.add_argument("--tuned", action="store_true")
parser.add_argument("--bf16", action="store_true")
parser.add_argument("--frozen", type=int, default=0, help="the lowest layers with weights that do not learn")
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
network, shape = makers[arguments.network](arguments.classes)
layout = torch.channels_last if arguments.tuned else torch.contiguous_format
network = network.to(memory_format=layout)
memory = torch.rand(arguments.batch, *shape).to(memory_format=layout)
labels = torch.randint(arguments.classes, (arguments.batch,))
images = torch.empty_like(memory)
weighted = [layer for layer in network if next(layer.parameters(), None) is not None] if arguments.frozen else []
for layer in weighted[:arguments.frozen]:
    layer.requires_grad_(False)
named = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
optimizer = torch.optim.SGD(
    [
        {"params": [p for n, p in named if not n.endswith("bias")]},
        {"params": [p for n, p in named if n.endswith("bias")], "lr": 2e-5, "weight_decay": 0},
    ],
    lr=1e-5, momentum=0.9, weight_decay=0.0005, fused=arguments.tuned or None,
)


def precision():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.bf16)


def step():
    images.copy_(memory)
    optimizer.zero_grad(set_to_none=True)
    with precision():
        loss = nn.functional.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()


def infer():
    with torch.inference_mode(), precision():
        images.copy_(memory)
        network(images)


def median_ms(body):
    body()
    body()
    times = []
    for _ in range(arguments.repetitions):
        start = time.perf_counter()
        body()
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return times[len(times) // 2]


network.train()
training = median_ms(step)
memory_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
network.eval()
inference = median_ms(infer)
print(json.dumps({
    "training-ms": training, "inference-ms": inference, "peak-memory-bytes": memory_bytes,
    "torch": torch.__version__,
}))
