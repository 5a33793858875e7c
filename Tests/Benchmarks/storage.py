#!/usr/bin/env python3
"""Measures packing and feeding a large set of photographs, for each way to store it.

    storage.py PATH/TO/cambium ARCHIVE [IMAGES] [--torchvision PYTHON]

ARCHIVE is a tar with photographs (JPEG). IMAGES of them (10,000 by default) are made by repetition, in ten
classes. It prints, as measured and extrapolated to 1.28 million images:

- packing at 256×256: images per second (of the whole command, which also reads and hashes every file), bytes
  and peak memory, for `storage: pixels` and `storage: jpeg`; with --torchvision, also the images per second of
  torchvision's decode and resize on as many threads, run by PYTHON;
- training CaffeNet and ResNet-18 for a few steps on each: images per second, and the processor time of the
  busiest threads. Those that train come first; the others assemble batches.

Sizes depend on the photographs, and repetition does not change their mean. 'CPU ms' is processor time of all threads per
image, which other programs on the machine change least; the load is that at the end.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

TARGET = 1_280_000
THREADS = 2
STEPS = {"caffenet": 12, "resnet18": 6}

TORCHVISION = """
import glob, sys, time, torch
from concurrent.futures import ThreadPoolExecutor
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms.v2 import functional as F
torch.set_num_threads(1)
def one(name):
    image = decode_jpeg(read_file(name), ImageReadMode.RGB)
    return F.resize(image, [256, 256], antialias=True).sum().item()
names = sorted(glob.glob(sys.argv[1] + "/*/*/*.jpg"))
with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    list(pool.map(one, names[:50]))
    started, busy = time.time(), time.process_time()
    list(pool.map(one, names))
print(len(names) / (time.time() - started), 1000 * (time.process_time() - busy) / len(names))
"""


def photographs(archive):
    """The JPEGs of at least 30 kB: smaller ones are thumbnails."""
    with tarfile.open(archive) as source:
        return [
            source.extractfile(member).read()
            for member in source
            if member.isfile() and member.name.lower().endswith((".jpg", ".jpeg")) and member.size > 30_000
        ]


def make(folder, images, archive):
    photos = photographs(archive)
    for number in range(images):
        subset = "test" if number % 20 == 0 else "train"
        path = folder / subset / f"class{number // 20 % 10}" / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photos[number % len(photos)])
    return len(photos)


def pipeline(storage):
    stages = "".join(
        f"  {name}: {{train: {{network: {name}, on: photos, solver: {name}}}}}\n" for name in STEPS
    )
    solvers = "".join(
        f"  {name}: {{batch: 64, iterations: {steps}, momentum: 0.9, rate: 0.001}}\n"
        for name, steps in STEPS.items()
    )
    return (
        "cambium: 1\nname: storage\n"
        f"include: [{', '.join(f'{name}.yaml' for name in STEPS)}]\n"
        f"datasets:\n  photos: {{source: photos, size: 256, storage: {storage}, normalize: imagenet, "
        "augment: [random-crop, mirror]}\n"
        f"solvers:\n{solvers}stages:\n{stages}"
    )


class Watch(threading.Thread):
    """The processor time of each thread of a process, as long as it runs."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.seconds = {}
        self.start()

    def run(self):
        tick = os.sysconf("SC_CLK_TCK")
        tasks = pathlib.Path(f"/proc/{self.process}/task")
        while tasks.exists():
            for task in list(tasks.iterdir()):
                try:
                    fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                self.seconds[task.name] = (int(fields[11]) + int(fields[12])) / tick
            time.sleep(0.05)


def run(cambium, folder, *arguments):
    command = [cambium, "run", "p.yaml", "--json", "--threads", str(THREADS), *arguments]
    started = time.time()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    watch = Watch(process.pid)
    events = [json.loads(line) for line in process.stdout]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: status {process.returncode}: {events[-3:]}")
    return events, time.time() - started, watch.seconds, usage


def speed(events, stage):
    """Images per second over the steps after the first report."""
    steps = [e for e in events if e["event"] == "stage-progress" and e["stage"] == stage]
    first, last = steps[0], steps[-1]
    return 64 * (last["completed"] - first["completed"]) / (last["time"] - first["time"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cambium", type=os.path.abspath)
    parser.add_argument("archive", type=os.path.abspath)
    parser.add_argument("images", type=int, nargs="?", default=10_000)
    parser.add_argument("--torchvision", metavar="PYTHON")
    options = parser.parse_args()
    networks = pathlib.Path(__file__).resolve().parents[2] / "pipelines/networks"
    with tempfile.TemporaryDirectory(prefix="cambium-storage-") as name:
        folder = pathlib.Path(name)
        photos = make(folder / "photos", options.images, options.archive)
        for network in STEPS:
            shutil.copy(networks / f"{network}.yaml", folder)
        print(f"{options.images} images made of {photos} photographs; {THREADS} threads")
        if options.torchvision:
            output = subprocess.run(
                [options.torchvision, "-c", TORCHVISION, str(folder / "photos"), str(THREADS)],
                check=True, capture_output=True, text=True).stdout
            rate, busy = map(float, output.split())
            print(
                f"torchvision decode+resize {rate:8.1f} images/s {busy:7.2f} CPU ms; load {os.getloadavg()[0]:.1f}",
                flush=True)
        for storage in ["pixels", "jpeg"]:
            (folder / "p.yaml").write_text(pipeline(storage))
            _, seconds, _, usage = run(options.cambium, folder, "--only", "prepare-photos")
            record = next(
                json.loads(path.read_text().split("\n")[0].removeprefix('{"header":').removesuffix(","))
                for path in (folder / ".cambium/records").rglob("*.json")
            )
            size = record["outputs"]["images.packed"]["size"]
            rate = options.images / seconds
            print(
                f"{storage:11} packing       {rate:8.1f} images/s "
                f"{1000 * (usage.ru_utime + usage.ru_stime) / options.images:7.2f} CPU ms  "
                f"{size / options.images:7.0f} bytes/image  peak memory {usage.ru_maxrss / 1024:.0f} MB  "
                f"extrapolated to {TARGET:,}: {TARGET * size / options.images / 1e9:.1f} GB, "
                f"{TARGET / rate / 3600:.1f} h; load {os.getloadavg()[0]:.1f}", flush=True)
            for stage in STEPS:
                events, _, threads, _ = run(options.cambium, folder, "--only", stage)
                started = next(e for e in events if e["event"] == "stage-started" and e["stage"] == stage)
                ended = next(e for e in events if e["event"] == "stage-finished" and e["stage"] == stage)
                busy = sorted(threads.values(), reverse=True)
                print(
                    f"{storage:11} {stage:9}  {speed(events, stage):7.1f} images/s  "
                    f"{ended['time'] - started['time']:6.1f} s; processor seconds by thread: "
                    + ", ".join(f"{seconds:.2f}" for seconds in busy[:5])
                    + f"; load {os.getloadavg()[0]:.1f}", flush=True)
            shutil.rmtree(folder / ".cambium")


if __name__ == "__main__":
    main()
