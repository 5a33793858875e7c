#!/usr/bin/env python3
"""What a stage costs beyond its computing: a run of 1,000 trainings of one image in a fresh store.

    stages.py CAMBIUM [OTHER] [--rounds N] [--folder FOLDER]

With OTHER, both programs run in alternation. Wall time counts what stages wait for the disk, and is only meaningful on
an idle machine; processor time is hardly changed by others. With strace, a run of fewer stages counts calls of fsync.

FOLDER is on the disk to be measured. Stores are removed at the end: ext4 searches long for a new file's place where many
files were removed shortly before.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

STAGES = 1000

PIPELINE = """
cambium: 1
name: trivial
datasets: {shapes: {source: builtin:shapes, examples: {train: 1, test: 1}}}
networks: {net: {input: [3, 32, 32], layers: {fc1: [average-pool: global, dense: classes]}}}
solvers: {sgd: {batch: 2, epochs: 1, rate: 0.01}}
stages:
  "base-${n}": {for: {n: 1..%d}, train: {network: net, on: shapes, solver: sgd, seed: "${n}"}}
"""


def run(command):
    """Milliseconds of a command: on the wall, and of processors."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}")
    return 1000 * (time.monotonic() - started), 1000 * (usage.ru_utime + usage.ru_stime)


def synchronizations(program, folder, stages):
    """Calls of fsync per stage."""
    (folder / "few.yaml").write_text(PIPELINE % stages)
    trace = folder / "trace"
    run(["strace", "-f", "-c", "-e", "fsync", "-o", str(trace), program, "run", str(folder / "few.yaml"),
         "--store", str(folder / f"few-{time.monotonic_ns()}")])
    return int(re.search(r"(\d+)\s+fsync", trace.read_text()).group(1)) / stages


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="+", type=os.path.abspath)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        file = folder / "stages.yaml"
        file.write_text(PIPELINE % STAGES)
        prepared = folder / "prepared"
        run([options.programs[0], "run", str(file), "--store", str(prepared), "--only", "prepare-shapes"])
        times = {program: [] for program in options.programs}
        for number in range(options.rounds):
            for program in options.programs:
                store = folder / f"{number}-{options.programs.index(program)}"
                shutil.copytree(prepared, store)
                os.sync()
                times[program].append(run([program, "run", str(file), "--store", str(store)]))
        for program, results in times.items():
            wall, busy = (statistics.median(result[place] for result in results) for place in (0, 1))
            line = f"{program}: {wall / STAGES:.2f} ms per stage, {busy / STAGES:.2f} ms of processor time"
            if shutil.which("strace"):
                line += f", {synchronizations(program, folder, 200):.1f} calls of fsync"
            print(line, flush=True)
        print(f"medians of {options.rounds} runs of {STAGES} stages; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
