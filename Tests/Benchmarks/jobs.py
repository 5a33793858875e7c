"""How long a study of many small stages takes with --jobs 1, 2 and auto.

    python3 jobs.py CAMBIUM [ROUNDS]

The same plan runs in a fresh store each time, in alternation; the packed images already exist. Timings
are only meaningful on an idle machine.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINE = """
cambium: 1
name: jobs
datasets: {shapes: {source: builtin:shapes, examples: {train: 32, test: 8}}}
networks:
  net:
    input: [3, 32, 32]
    layers:
      conv1: [conv: {filters: 16, kernel: 5, padding: 2}, relu, max-pool: {kernel: 3, stride: 2}]
      conv2: [conv: {filters: 32, kernel: 3, padding: 1}, relu, max-pool: {kernel: 3, stride: 2}]
      fc3: [dense: 64, relu, dropout: 0.5]
      fc4: [dense: classes]
solvers: {sgd: {batch: 32, epochs: 3, momentum: 0.9, rate: 0.01}}
stages:
  "base-${n}": {for: {n: 1..16}, train: {network: net, on: shapes, solver: sgd, seed: "${n}"}}
  "test-${n}": {for: {n: 1..16}, evaluate: {network: "base-${n}"}}
"""

CHOICES = ["1", "2", "auto"]


def main():
    cambium = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seconds = {choice: [] for choice in CHOICES}
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "jobs.yaml").write_text(PIPELINE)

        def run(store, *arguments):
            started = time.monotonic()
            subprocess.run(
                [cambium, "run", "jobs.yaml", "--store", store, *arguments], cwd=folder, check=True,
                capture_output=True)
            return time.monotonic() - started

        run("prepared", "--only", "prepare-shapes")
        for _ in range(rounds):
            for choice in CHOICES:
                shutil.copytree(f"{folder}/prepared", f"{folder}/store")
                seconds[choice].append(run("store", "--jobs", choice))
                shutil.rmtree(f"{folder}/store")
    medians = {choice: statistics.median(seconds[choice]) for choice in CHOICES}
    print("32 small stages: " + ", ".join(
        f"--jobs {choice} {medians[choice]:.2f} s" for choice in CHOICES))
    print(f"auto against 1: {medians['1'] / medians['auto']:.2f} times as fast; against 2: "
          f"{medians['2'] / medians['auto']:.2f}; {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
