"""Reads and writes safetensors files of float32 arrays, with NumPy alone."""
import json
import struct

import numpy


def write(path, arrays):
    header, offset = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + 4 * array.size]}
        offset += 4 * array.size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(numpy.ascontiguousarray(array, "<f4").tobytes())


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    start = 8 + length
    return {name: numpy.frombuffer(data[start + entry["data_offsets"][0]:start + entry["data_offsets"][1]], "<f4")
            .reshape(entry["shape"]) for name, entry in header.items()}
