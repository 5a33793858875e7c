"""Times `cambium compare --store` on a store with many evaluations.

    python3 Tests/Benchmarks/listing.py .build/release/cambium [RUNS]

Writes records of RUNS evaluations and as many training runs (ten seeds of one network at many learning rates and
treatments) to a temporary store, in the form that the program writes, and lists them: once when nothing is noted yet, then
five times each as a table, sorted and filtered, grouped, and as CSV and JSON. The best times are printed, and the least processor
time, which other work on the machine changes less.
"""
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def write(store, fingerprint, body):
    dump = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"))
    header = {"format": 1, "fingerprint": fingerprint, "outputs": {}}
    text = '{"header":%s,\n"record":%s,\n' % (dump(header), dump(body))
    path = os.path.join(store, "records", fingerprint[:2])
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, fingerprint + ".json"), "w") as file:
        file.write(text + '"digest":"%s"}\n' % digest(text))


def record(stage, kind, settings, inputs, metrics, started):
    return {
        "stage": stage, "pipeline": "study", "kind": kind, "revision": 1, "settings": settings, "inputs": inputs,
        "metrics": metrics, "provenance": {}, "started": started, "seconds": 12.5,
    }


def processor():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def convolution(filters):
    parameters = {"weights": "he", "biases": {"constant": 0.0}, "weight-rate": 1.0, "bias-rate": 2.0}
    return {"conv": {"filters": filters, "kernel": 3, "stride": 1, "padding": 1, "groups": 1, "parameters": parameters}}


def main():
    program = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    names = ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"]
    network = {
        "input": [3, 32, 32],
        "layers": [{"name": name, "operations": [convolution(32), "relu"]} for name in names],
    }
    classes = ["class-%d" % index for index in range(10)]
    preprocessing = {"mean": "color", "scale": 1.0, "augment": [{"mirror": True}]}
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        prepared = digest("prepared")
        write(store, prepared, record("prepare-photos", "prepare", {"content": digest("photos"), "channels": 3}, {}, {}, 0))
        for index in range(runs):
            seed, point = index % 10, index // 10
            depth = point % 7 + 1
            solver = {"batch": 128, "decay": 0.0005, "momentum": 0.9, "length": {"epochs": 12},
                      "rate": {"start": 0.001 * (point // 7 + 1), "policy": "fixed"}}
            layers = [
                {"layer": name, "origin": "copied" if place < depth else "initialized",
                 "state": "frozen" if place < depth else "learning", "rate": 1.0}
                for place, name in enumerate(names)
            ]
            trained, measured = digest("train %d" % index), digest("evaluate %d" % index)
            write(store, trained, record(
                "A%dB-%d" % (depth, index), "transfer",
                {"network": network, "classes": classes, "preprocessing": preprocessing, "solver": solver, "seed": seed,
                 "layers": layers}, {"data": prepared}, {"iterations": 100, "loss": 0.5, "accuracy": 0.8}, index))
            write(store, measured, record(
                "test-A%dB-%d" % (depth, index), "evaluate", {"classes": classes, "subset": "test"},
                {"data": prepared, "network": trained},
                {"images": 10000, "top1": 0.6 + 0.01 * depth + 0.001 * seed, "top5": 0.9, "loss": 1.25 - 0.001 * point,
                 "did-not-train": False}, index + 0.5))

        def run(*arguments):
            started, used = time.perf_counter(), processor()
            out = subprocess.run([program, "compare", "--store", store, *arguments], check=True, capture_output=True).stdout
            return time.perf_counter() - started, processor() - used, len(out)

        print("nothing noted: %.0f ms, processor %.0f ms" % tuple(1000 * time for time in run()[:2]))
        for arguments in [(), ("--sort", "-top1", "--where", "n>=3"), ("--group",), ("--long",), ("--csv",), ("--json",)]:
            times, used, sizes = zip(*(run(*arguments) for _ in range(5)))
            print("%-36s %.0f ms, processor %.0f ms, %d bytes" % (
                " ".join(arguments) or "table", 1000 * min(times), 1000 * min(used), sizes[0]))


main()
