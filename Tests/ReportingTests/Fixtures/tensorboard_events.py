"""Writes scalars.tfevents with TensorBoard's own record writer and messages.

    pip install tensorboard; python3 tensorboard_events.py

EventFileTests writes the same scalars and expects the same bytes.
"""

import pathlib

import tensorboard
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

SCALARS = [
    ("loss", 2.302585, 1, 1700000000.5),
    ("accuracy", 0.0, 1, 1700000000.5),
    ("rate", 0.01, 200, 1700000001.25),
    ("validation/loss", -1.5, 70000, 1700000002.0),
    ("größe", float("nan"), 3000000000, 1700000003.0),
    ("long/" + 200 * "x", 1e-30, 0, 0.0),
]

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("scalars.tfevents")
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        writer.write(event_pb2.Event(
            wall_time=1700000000.0, file_version="brain.Event:2").SerializeToString())
        for tag, value, step, time in SCALARS:
            summary = summary_pb2.Summary(
                value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
            writer.write(event_pb2.Event(
                wall_time=time, step=step, summary=summary).SerializeToString())
        writer.flush()
    print(f"written with TensorBoard {tensorboard.__version__}: {path}")
