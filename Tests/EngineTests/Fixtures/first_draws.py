"""Prints the first draws that InitialWeightsTests pins, computed apart from the engine.

Philox4x32-10 keyed by SHA-256 as Basics/RandomStream.swift says, then Box and Muller's method and a
uniform draw, as Engine/Weights/Weights+Initial.swift says; rounded to float32 and printed as bits.
"""

import hashlib
import math
import struct


def stream(key, purpose):
    digest = hashlib.sha256(f"{key}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def philox(key, position):
    counter = [position & 0xFFFFFFFF, position >> 32, 0, 0]
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = counter[0] * 0xD2511F53, counter[2] * 0xCD9E8D57
        counter = [
            p1 >> 32 ^ counter[1] ^ k0,
            p1 & 0xFFFFFFFF,
            p0 >> 32 ^ counter[3] ^ k1,
            p0 & 0xFFFFFFFF,
        ]
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return [(word + 0.5) * 2**-32 for word in counter]


def bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


u = philox(stream(stream(8, "initialize"), "fc.weight"), 0)
normals = []
for a, b in ((u[0], u[1]), (u[2], u[3])):
    radius = math.sqrt(-2 * math.log(a))
    normals += [radius * math.cos(2 * math.pi * b), radius * math.sin(2 * math.pi * b)]
print("normals", [bits(x) for x in normals])
print("uniforms", [bits((2 * x - 1) * math.sqrt(3 / 50)) for x in u[:2]])
