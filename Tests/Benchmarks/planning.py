#!/usr/bin/env python3
"""Times `cambium plan` as a whole process on pipelines of many stages that are all cached.

    planning.py PATH/TO/cambium [PIPELINE...]

Nothing is trained: the stores are fixtures, with valid records and outputs of a few bytes for every
stage of the plan. Pipelines given as arguments are planned unchanged, in an empty store, with
--assume-data.
"""

import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 15

TRAINED = [
    "load-report.json", "mean.safetensors", "momentum.safetensors", "series.csv", "steps.bin",
    "weights.safetensors",
]
# As long as that of most real records, since plans compare whole records with their digests.
PROVENANCE = {"runner": "x" * 600}
OUTPUTS = {
    "prepare": ["images.packed"],
    "train": TRAINED,
    "transfer": TRAINED,
    "evaluate": ["evaluation.json"],
}


def pipeline(stages):
    """A study of about this many stages: two bases, four transfers and four tests per seed."""
    seeds = stages // 10
    return f"""cambium: 1
name: many
datasets: {{shapes: {{source: builtin:shapes}}}}
splits: {{halves: {{dataset: shapes, random: {{tasks: [A, B], seed: 0}}}}}}
networks:
  net:
    input: [3, 32, 32]
    layers:
      conv1: [conv: {{filters: 16, kernel: 5, padding: 2}}, relu, max-pool: {{kernel: 2, stride: 2}}]
      conv2: [conv: {{filters: 32, kernel: 3, padding: 1}}, relu, max-pool: {{kernel: 2, stride: 2}}]
      conv3: [conv: {{filters: 48, kernel: 3, padding: 1}}, relu, max-pool: {{kernel: 2, stride: 2}}]
      fc4: [dense: classes]
solvers: {{sgd: {{batch: 32, epochs: 12, momentum: 0.9, decay: 0.0005, rate: 0.01}}}}
stages:
  "base-${{task}}-${{seed}}":
    for: {{task: [A, B], seed: 1..{seeds}}}
    train: {{network: net, on: "halves.${{task}}", solver: sgd, seed: "${{seed}}"}}
  "${{task}}${{n}}B-${{seed}}":
    for: {{task: [A, B], n: 1..2, seed: 1..{seeds}}}
    transfer:
      from: "base-${{task}}-${{seed}}"
      layers: {{"first ${{n}}": freeze, rest: initialize}}
      on: halves.B
      solver: sgd
      seed: "${{seed}}"
  "test-${{task}}${{n}}B-${{seed}}":
    for: {{task: [A, B], n: 1..2, seed: 1..{seeds}}}
    evaluate: {{network: "${{task}}${{n}}B-${{seed}}"}}
"""


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def file_name(text):
    """The store's file name for a text, as Store.fileName makes it."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_+") else "_" for c in text[:40])
    return kept + "-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def fill(store, plan):
    """Writes a record, its outputs and the note of the latest run for every stage of a plan."""
    for stage in plan["stages"]:
        outputs = {}
        for name in OUTPUTS[stage["kind"]]:
            content = f"{stage['fingerprint']} {name}".encode()
            digest = hashlib.sha256(content).hexdigest()
            write(store / "objects" / digest[:2] / digest, content)
            outputs[name] = {"digest": digest, "size": len(content)}
        header = canonical(
            {"fingerprint": stage["fingerprint"], "format": 1, "outputs": outputs})
        record = canonical({
            "inputs": {}, "kind": stage["kind"], "metrics": {}, "pipeline": plan["pipeline"],
            "provenance": PROVENANCE, "revision": stage["revision"], "seconds": 1, "settings": {},
            "stage": stage["name"], "started": 0})
        text = f'{{"header":{header},\n"record":{record},\n'.encode()
        digest = hashlib.sha256(text).hexdigest()
        fingerprint = stage["fingerprint"]
        write(store / "records" / fingerprint[:2] / f"{fingerprint}.json",
              text + f'"digest":"{digest}"}}\n'.encode())
        latest = {"format": 1, "pipeline": plan["pipeline"], "stage": stage["name"],
                  "fingerprint": fingerprint}
        write(store / "latest" / file_name(plan["pipeline"]) / file_name(stage["name"]),
              (canonical(latest) + "\n").encode())
    write(store / "store.json", b'{"format":1}\n')


def milliseconds(command):
    times = []
    for run in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times[1:])


def show(name, times):
    print(f"{name:<36} {statistics.median(times):7.1f} ms   "
          f"({times[0]:.1f} to {times[-1]:.1f}, {RUNS} runs)")


def main():
    program = os.path.abspath(sys.argv[1])
    print("plan, whole process, median")
    show("cambium --version", milliseconds([program, "--version"]))
    for stages in [1000, 10000]:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "many.yaml"
            file.write_text(pipeline(stages))
            plan = json.loads(subprocess.run(
                [program, "plan", str(file), "--json"], check=True, capture_output=True).stdout)
            fill(pathlib.Path(folder) / ".cambium", plan)
            subprocess.run([program, "plan", str(file), "--exit-code"], check=True,
                           stdout=subprocess.DEVNULL)
            show(f"{len(plan['stages'])} stages, all cached",
                 milliseconds([program, "plan", str(file)]))
    for name in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as store:
            show(f"{name}, nothing cached",
                 milliseconds([program, "plan", name, "--assume-data", "--store", store]))


if __name__ == "__main__":
    main()
