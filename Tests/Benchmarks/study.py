"""Compares the training of a study's 30 networks with PyTorch, which recomputes frozen layers; prints the ratio.

    python study.py CAMBIUM [--rounds 3] [--threads 2] [--python PYTHON]

CAMBIUM is the built program; PYTHON has torch (by default the Python that runs this). The study is that of the 2014 paper on
one split of ImageNet: two bases, and for n = 1 … 7 the networks BnB, AnB (their lowest n layers are frozen), BnB+ and AnB+, all
of CaffeNet, batch 64. A network with n frozen layers trains on their cached activations in Cambium; PyTorch, tuned as compare.py
says, computes them in every step. A figure is the median of the rounds, in which the programs take turns. Not counted on either
side: decoding, and the one forward pass that fills the cache, which a study of many epochs does not notice.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
caffenet = here.parent.parent / "pipelines" / "networks" / "caffenet.yaml"
keeps_memory = {"MALLOC_MMAP_THRESHOLD_": "100000000000", "MALLOC_TRIM_THRESHOLD_": "100000000000"}
# Of the activations that are cached: those of the layers 1 to 7, before dropout.
shapes = [[96, 27, 27], [256, 13, 13], [384, 13, 13], [384, 13, 13], [256, 6, 6], [4096, 1, 1], [4096, 1, 1]]

parser = argparse.ArgumentParser()
parser.add_argument("cambium")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--python", default=sys.executable)
arguments = parser.parse_args()


def output(command, environment={}):
    result = subprocess.run(
        [str(part) for part in command], env=dict(os.environ, **environment), check=True,
        stdout=subprocess.PIPE)
    return json.loads(result.stdout)


def upper(frozen, folder):
    """A file with the layers above the frozen ones, on the shape of their activations."""
    if frozen == 0:
        return caffenet
    head, body = caffenet.read_text().split("    layers:\n")
    layers = re.findall(r"^      \w+:\n(?:        .*\n)+", body, re.MULTILINE)
    head = re.sub(r"input: .*", f"input: {shapes[frozen - 1]}", head)
    if "dropout" in layers[frozen - 1]:
        layers[frozen] = layers[frozen].replace("\n", "\n        - dropout: 0.5\n", 1)
    path = pathlib.Path(folder) / f"caffenet-{frozen}.yaml"
    path.write_text(head + "    layers:\n" + "".join(layers[frozen:]))
    return path


def cambium(network):
    found = output([arguments.cambium, "bench", network, "--batch", 64, "--classes", 1000, "--threads",
                    arguments.threads, "--json"])
    return found["training"]["median-ms"]


def pytorch(frozen):
    found = output([arguments.python, here / "pytorch_speed.py", "caffenet", "--batch", 64, "--threads",
                    arguments.threads, "--frozen", frozen, "--tuned"], keeps_memory)
    return found["training-ms"]


with tempfile.TemporaryDirectory() as folder:
    files = [upper(frozen, folder) for frozen in range(8)]
    times = [([], []) for _ in range(8)]
    for _ in range(arguments.rounds):
        for frozen in range(8):
            times[frozen][0].append(cambium(files[frozen]))
            times[frozen][1].append(pytorch(frozen))
    ours, theirs = ([statistics.median(t[side]) for t in times] for side in (0, 1))
    print(f"caffenet, batch 64, {arguments.threads} threads: ms of a step, medians of {arguments.rounds} rounds")
    print(f"{'frozen':>8}{'cambium':>10}{'PyTorch':>10}")
    for frozen in range(8):
        print(f"{frozen:8}{ours[frozen]:10.1f}{theirs[frozen]:10.1f}   {theirs[frozen] / ours[frozen]:.2f}×")
    # Two bases and 14 networks that learn everywhere; two for each number of frozen layers.
    study = [16 * side[0] + 2 * sum(side[1:]) for side in (ours, theirs)]
    print(f"frozen networks: {sum(theirs[1:]) / sum(ours[1:]):.2f}×; the study: {study[1] / study[0]:.2f}×")
