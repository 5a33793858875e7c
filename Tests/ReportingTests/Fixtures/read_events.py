"""Reads exported event files with TensorBoard's own reader and compares them with the exported table.

    cambium export metrics FILE -o EVENTS --format tensorboard
    cambium export metrics FILE -o TABLE.csv
    pip install tensorboard; python3 read_events.py EVENTS TABLE.csv

Prints what it read; the exit status is 1 where anything differs.
"""

import csv
import pathlib
import struct
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer


def expected(path):
    """By stage and tag, the steps and values that the table has."""
    scalars = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            prefix = "" if row["subset"] == "train" else row["subset"] + "/"
            names = ["loss", "accuracy", "top5", "score", "rate"]
            if row["subset"] == "train":
                names.append("epoch")
            for name in names:
                if row[name]:
                    key = row["stage"], prefix + name
                    value = struct.unpack("f", struct.pack("f", float(row[name])))[0]
                    scalars.setdefault(key, []).append((int(row["iteration"]), value))
    return scalars


def main():
    folder = pathlib.Path(sys.argv[1])
    runs = EventMultiplexer(size_guidance={"scalars": 0}).AddRunsFromDirectory(str(folder))
    runs.Reload()
    found = {}
    for name, tags in runs.Runs().items():
        # Each file is whole also by itself, from its first record to its last.
        single = EventAccumulator(str(folder / name), size_guidance={"scalars": 0}).Reload()
        assert sorted(single.Tags()["scalars"]) == sorted(tags["scalars"])
        for tag in tags["scalars"]:
            events = runs.Scalars(name, tag)
            assert [e.wall_time for e in events] == sorted(e.wall_time for e in events), (name, tag)
            found[name, tag] = [(event.step, event.value) for event in events]
    wanted = expected(sys.argv[2])
    count = sum(len(points) for points in found.values())
    print(f"{len(runs.Runs())} runs, {len(found)} series, {count} scalars")
    if found != wanted:
        for key in sorted(set(found) ^ set(wanted)):
            print("only in one of the two:", key)
        for key in sorted(set(found) & set(wanted)):
            if found[key] != wanted[key]:
                print("differs:", key, found[key][:3], wanted[key][:3])
        sys.exit(1)


if __name__ == "__main__":
    main()
