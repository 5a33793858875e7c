"""Writes torchvision_augmentation.json and .bin: what torchvision's transforms make of 8-bit images.

For each case its operation, parameters and shapes, with the output as height x width x channels bytes in the binary
file (mixed batches as little-endian float32). Input images are hashes of their positions, so that both sides make
them. Also quantiles of the regions that RandomResizedCrop draws: of the area's share, the ratio of the sides, and the
place of the corner, and how often it falls back to the centre.

    python torchvision_augmentation.py    # needs torch and torchvision; made with torch 2.15.0, torchvision 0.29.2
"""

import json
import math
import pathlib

import numpy
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

HEIGHT, WIDTH = 20, 16


def hashes(count, salt):
    """`count` numbers of 32 bits: the finalizer of MurmurHash3 on the position."""
    x = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(salt * 0x9E3779B9 % 2**32)
    x ^= x >> 16
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> 13
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> 16
    return x


def image(height, width, channels, salt):
    """A ramp with noise; every fourth pixel is noise alone, every ninth grey."""
    noise = (hashes(height * width * channels, salt) >> 24).astype(numpy.int64)
    noise = noise.reshape(height, width, channels)
    row = numpy.arange(height)[:, None, None]
    column = numpy.arange(width)[None, :, None]
    channel = numpy.arange(channels)[None, None, :]
    ramp = 20 + (row * 160 // height + column * 50 // width + channel * 15) % 200
    pixel = row * width + column
    result = numpy.where(pixel % 4 == 3, noise, ramp + noise // 16)
    result = numpy.where(pixel % 9 == 8, result[:, :, :1], result)
    return torch.from_numpy(result.astype(numpy.uint8)).permute(2, 0, 1).contiguous()


cases = []
outputs = []


def add(operation, parameters, output, channels, height=HEIGHT, width=WIDTH):
    if output.dtype == torch.uint8:
        data = output.permute(1, 2, 0).contiguous().numpy().tobytes()
    else:
        data = output.permute(0, 2, 3, 1).contiguous().numpy().astype("<f4").tobytes()
    cases.append({
        "operation": operation, "parameters": parameters, "height": height, "width": width,
        "channels": channels, "salt": len(cases), "bytes": len(data)})
    outputs.append(data)


def source(channels, height=HEIGHT, width=WIDTH):
    return image(height, width, channels, len(cases))


JITTER = {
    "brightness": F.adjust_brightness, "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation, "hue": F.adjust_hue}

for channels, kind, factors in [
    (3, "brightness", [0, 0.5, 1.37, 3]), (1, "brightness", [1.6]), (3, "contrast", [0, 0.31, 1.8]),
    (1, "contrast", [0.4, 1.7]), (3, "saturation", [0, 0.43, 1.9]), (3, "hue", [-0.5, -0.21, 0.05, 0.37]),
]:
    for factor in map(float, factors):  # an integer would multiply bytes
        add("jitter", [kind, factor], JITTER[kind](source(channels), factor), channels)

for order in [
    ["hue", 0.08, "saturation", 1.3, "contrast", 0.7, "brightness", 1.2],
    ["brightness", 0.7, "contrast", 1.4, "hue", -0.1, "saturation", 0.6],
]:
    changed = source(3)
    for kind, factor in zip(order[::2], order[1::2]):
        changed = JITTER[kind](changed, factor)
    add("jitter", order, changed, 3)

add("grayscale", [], F.rgb_to_grayscale(source(3), num_output_channels=3), 3)

for angle in [3, -33.3, 77, -171.5]:
    add("rotate", [angle], F.rotate(source(3), angle), 3)

for channels, region in [
    (3, [0, 0, 48, 64]), (3, [7, 11, 37, 22]), (3, [30, 40, 9, 7]), (3, [5, 1, 20, 16]), (3, [13, 2, 30, 61]),
    (3, [47, 63, 1, 1]), (1, [3, 9, 41, 40]), (1, [20, 20, 8, 12]),
]:
    resized = F.resized_crop(source(channels, 48, 64), *region, [HEIGHT, WIDTH], antialias=True)
    add("resized-crop", region, resized, channels, 48, 64)

SPACE = v2.RandAugment._AUGMENTATION_SPACE
for magnitude in [9, 25]:
    augment = v2.RandAugment(magnitude=magnitude)
    for index, (name, (magnitudes, signed)) in enumerate(SPACE.items()):
        values = magnitudes(31, HEIGHT, WIDTH)
        value = 0.0 if values is None else float(values[magnitude])
        if magnitude == 25 and values is None:
            continue
        for negative in [False, True] if signed else [False]:
            changed = augment._apply_image_or_video_transform(
                source(3), name, -value if negative else value, augment.interpolation, augment._fill)
            add("rand-augment", [magnitude, index, negative], changed, 3)


def batch():
    values = hashes(3 * 6 * 5 * 3, len(cases)) >> 8
    floats = torch.from_numpy(values.astype(numpy.float32) / 2**23 - 1)
    return floats.reshape(3, 6, 5, 3).permute(0, 3, 1, 2)


mixup = v2.MixUp(num_classes=3)
for share in [0.3, 0.875]:
    mixed = mixup.transform(batch(), {"labels": torch.arange(3), "batch_size": 3, "lam": share})
    add("mixup", [share], mixed, 3, 6, 5)
cutmix = v2.CutMix(num_classes=3)
for share, x, y in [(0.3, 2, 3), (0.7, 0, 5), (0.02, 4, 0)]:
    # What make_params computes from its draws.
    half = 0.5 * math.sqrt(1 - share)
    w, h = int(half * 5), int(half * 6)
    box = (max(x - w, 0), max(y - h, 0), min(x + w, 5), min(y + h, 6))
    own = 1 - (box[2] - box[0]) * (box[3] - box[1]) / 30
    mixed = cutmix.transform(
        batch(), {"labels": torch.arange(3), "batch_size": 3, "box": box, "lam_adjusted": own})
    add("cutmix", [share, x, y, own], mixed, 3, 6, 5)

distributions = []
for height, width, scale, ratio in [(256, 256, (0.08, 1), (3 / 4, 4 / 3)), (40, 170, (0.2, 1), (0.5, 2))]:
    torch.manual_seed(0)
    crop = v2.RandomResizedCrop(8, scale=scale, ratio=ratio)
    empty = torch.empty(3, height, width)
    drawn = [crop.make_params([empty]) for _ in range(100_000)]
    columns = {
        "area": [r["height"] * r["width"] / (height * width) for r in drawn],
        "ratio": [r["width"] / r["height"] for r in drawn],
        "top": [r["top"] / height for r in drawn],
        "left": [r["left"] / width for r in drawn],
    }
    distributions.append({
        "height": height, "width": width, "scale": scale, "ratio": ratio, "draws": len(drawn),
        # The distribution function at 99 points: values repeat where regions are rounded.
        "functions": {
            name: [[round(point, 6), numpy.mean(numpy.array(values) <= round(point, 6) + 5e-7).item()]
                   for point in numpy.quantile(values, numpy.arange(1, 100) / 100)]
            for name, values in columns.items()}})

folder = pathlib.Path(__file__).parent
(folder / "torchvision_augmentation.bin").write_bytes(b"".join(outputs))
lines = ",\n".join(json.dumps(case) for case in cases)
drawn = ",\n".join(json.dumps(item) for item in distributions)
(folder / "torchvision_augmentation.json").write_text(
    f'{{"cases": [\n{lines}\n],\n"distributions": [\n{drawn}\n]}}\n')
