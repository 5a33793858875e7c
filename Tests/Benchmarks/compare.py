"""Compares Cambium's engine with PyTorch on the same cores, in alternation; prints the ratios.

    python compare.py CAMBIUM [NETWORK ...] [--rounds 5] [--threads 2] [--python PYTHON]

CAMBIUM is the built program; PYTHON has torch (by default the Python that runs this). Every round runs each
program once, in turn; a figure is the median of the rounds. `tuned` is PyTorch at its best: channels last, fused
SGD, and a glibc that keeps freed memory. Without NETWORK, all are compared, and then two training runs of small32 in parallel on one
thread each with one after the other on all threads.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

here = pathlib.Path(__file__).resolve().parent
networks = here.parent.parent / "pipelines" / "networks"
keeps_memory = {"MALLOC_MMAP_THRESHOLD_": "100000000000", "MALLOC_TRIM_THRESHOLD_": "100000000000"}

parser = argparse.ArgumentParser()
parser.add_argument("cambium")
parser.add_argument("networks", nargs="*", metavar="NETWORK")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--python", default=sys.executable)
parser.add_argument("--bf16", action="store_true", help="train with precision: bf16, and PyTorch under autocast")
arguments = parser.parse_args()


def output(command, environment={}):
    result = subprocess.run(
        [str(part) for part in command], env=dict(os.environ, **environment), check=True,
        stdout=subprocess.PIPE)
    return json.loads(result.stdout)


def cambium_command(network, batch, classes, repetitions, threads):
    return [arguments.cambium, "bench", networks / f"{network}.yaml", "--batch", batch, "--classes", classes,
            "--repetitions", repetitions, "--threads", threads, "--json"
            ] + (["--precision", "bf16"] if arguments.bf16 else [])


def cambium(*work):
    found = output(cambium_command(*work, arguments.threads))
    return {"training": found["training"]["median-ms"], "inference": found["inference"]["median-ms"],
            "memory": found["peak-memory-bytes"]}


def pytorch(network, batch, classes, repetitions, tuned):
    command = [arguments.python, here / "pytorch_speed.py", network, "--batch", batch, "--classes", classes,
               "--repetitions", repetitions, "--threads", arguments.threads]
    command += ["--bf16"] if arguments.bf16 else []
    found = output(command + (["--tuned"] if tuned else []), keeps_memory if tuned else {})
    return {"training": found["training-ms"], "inference": found["inference-ms"],
            "memory": found["peak-memory-bytes"]}


def compare(network, batch, classes, repetitions):
    peers = {
        "cambium": lambda: cambium(network, batch, classes, repetitions),
        "PyTorch": lambda: pytorch(network, batch, classes, repetitions, False),
        "PyTorch tuned": lambda: pytorch(network, batch, classes, repetitions, True),
    }
    rounds = {name: [] for name in peers}
    for _ in range(arguments.rounds):
        for name, run in peers.items():
            rounds[name].append(run())
    median = {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
              for name, runs in rounds.items()}
    precision = "bf16" if arguments.bf16 else "fp32"
    print(f"\n{network}, batch {batch}, {arguments.threads} threads, {precision}: medians of {arguments.rounds} rounds")
    print(f"{'':16}{'training':>12}{'inference':>12}{'memory':>12}   cambium is faster (training, inference)")
    for name, figures in median.items():
        ratios = "" if name == "cambium" else "   " + ", ".join(
            f"{figures[key] / median['cambium'][key]:.2f}×" for key in ["training", "inference"])
        print(f"{name:16}{figures['training']:9.1f} ms{figures['inference']:9.1f} ms"
              f"{figures['memory'] / 1e6:9.0f} MB{ratios}", flush=True)


def side_by_side(network, batch, classes, repetitions):
    """Seconds for two training runs: in parallel with one thread each, and one after the other with two."""
    def elapsed(threads, together):
        command = [str(part) for part in cambium_command(network, batch, classes, repetitions, threads)]
        start = time.perf_counter()
        running = []
        for _ in range(2):
            running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
            if not together and running[-1].wait() != 0:
                sys.exit("cambium bench failed")
        for process in running:
            if process.wait() != 0:
                sys.exit("cambium bench failed")
        return time.perf_counter() - start

    rounds = [(elapsed(1, True), elapsed(2, False)) for _ in range(arguments.rounds)]
    together, in_turn = (statistics.median(times) for times in zip(*rounds))
    print(f"\ntwo jobs of {network}: side by side on one thread each {together:.2f} s, in turn on two threads "
          f"{in_turn:.2f} s: {in_turn / together:.2f}×", flush=True)


# Batch, classes, repetitions.
sizes = {"small32": (128, 10, 20), "caffenet": (64, 1000, 5), "resnet20": (128, 10, 20), "resnet18": (32, 1000, 5),
         "resnet50": (16, 1000, 3), "mobilenet-v2": (32, 1000, 5)}
for name in arguments.networks or sizes:
    compare(name, *sizes[name])
if not arguments.networks:
    side_by_side("small32", 128, 10, 60)
