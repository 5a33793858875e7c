"""The cost of a CaffeNet checkpoint: bytes, seconds, and the share of a training run that writes one per minute.

    python3 checkpoints.py CAMBIUM [RUNS]

Each run trains for a few seconds, writes one checkpoint, and records its duration.
Timings are only meaningful on an idle machine.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

NETWORKS = pathlib.Path(__file__).resolve().parents[2] / "pipelines" / "networks"
INTERVAL = 60  # seconds, the default of 'cambium run --checkpoint'

PIPELINE = """
cambium: 1
name: checkpoints
include: [{networks}/caffenet.yaml]
params: {{seed: 0}}
datasets: {{shapes: {{source: builtin:shapes, size: [227, 227], examples: {{train: 64, test: 1}}}}}}
solvers: {{sgd: {{batch: 64, iterations: 12, momentum: 0.9, rate: 0.0001}}}}
stages:
  base: {{train: {{network: caffenet, on: shapes, solver: sgd, seed: "${{seed}}"}}}}
"""


def main():
    cambium = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds, size = [], 0
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "c.yaml").write_text(PIPELINE.format(networks=NETWORKS))

        def call(*arguments):
            done = subprocess.run(
                [cambium, *arguments], cwd=folder, check=True, capture_output=True, text=True)
            return done.stdout

        for seed in range(runs):
            choice = ["--set", f"seed={seed}"]
            call("run", "c.yaml", "--checkpoint", "3", *choice)
            record = json.loads(call("show", "c.yaml", "base", "--json", *choice))
            written = record["provenance"].get("checkpoints")
            if not written:
                continue  # a machine so fast that the training ended before
            seconds.append(written["seconds"] / written["count"])
            size = sum(
                output["size"] for name, output in record["outputs"].items()
                if name in ("weights.safetensors", "momentum.safetensors"))
    if not seconds:
        sys.exit("no checkpoint was written")
    median = statistics.median(seconds)
    print(f"checkpoint of CaffeNet: {size / 1e6:.0f} MB in {median:.2f} s "
          f"(median of {len(seconds)}; {min(seconds):.2f} to {max(seconds):.2f}), "
          f"{100 * median / (INTERVAL + median):.1f} % of a training that writes one every "
          f"{INTERVAL} s; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
