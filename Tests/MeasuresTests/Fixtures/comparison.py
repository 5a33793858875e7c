#!/usr/bin/env python3
"""Writes comparison.json: features of 40 images, and their CKA and SVCCA, by other formulas than the program's.

    python3 comparison.py > comparison.json

CKA sums the U-statistic of HSIC over all ordered quadruples of different images of a batch (Gretton et al. 2005, Song et al.
2012), without Gram matrices whose diagonal is removed. SVCCA takes singular value decompositions of the features
themselves, not of covariances.
"""
import itertools
import json

import numpy


def hsic(x, y):
    """The mean of K_ij L_ij + K_ij L_qr - 2 K_ij L_iq over different i, j, q, r."""
    k, l = x @ x.T, y @ y.T
    total = 0.0
    for i, j, q, r in itertools.permutations(range(len(x)), 4):
        total += k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q])
    n = len(x)
    return total / (n * (n - 1) * (n - 2) * (n - 3))


def cka(x, y, batch):
    sums = numpy.zeros(3)
    for start in range(0, len(x), batch):
        a, b = x[start:start + batch], y[start:start + batch]
        sums += len(a) * numpy.array([hsic(a, b), hsic(a, a), hsic(b, b)])
    return sums[0] / numpy.sqrt(sums[1] * sums[2])


def reduced(x):
    """Orthonormal scores of the principal components that explain 99 % of the variance."""
    u, s, _ = numpy.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    shares = numpy.cumsum(s ** 2) / numpy.sum(s ** 2)
    return u[:, :int(numpy.searchsorted(shares, 0.99)) + 1]


def svcca(x, y):
    a, b = reduced(x), reduced(y)
    correlations = numpy.linalg.svd(a.T @ b, compute_uv=False)
    return float(numpy.mean(correlations[:min(a.shape[1], b.shape[1])]))


def main():
    draw = numpy.random.default_rng(7)
    first = draw.normal(size=(40, 6)) @ numpy.diag([3, 2, 1, 1, 0.5, 0.1]) + 5
    second = numpy.maximum(first @ draw.normal(size=(6, 5)) + draw.normal(size=(40, 5)), 0)
    second[:, 2] = 0  # A dead unit.
    rotated = (first - 1) @ numpy.linalg.qr(draw.normal(size=(6, 6)))[0] * 2.5
    sets = {"first": first, "second": second, "rotated": rotated, "unrelated": draw.normal(size=(40, 3))}
    # As single-precision numbers, which the program reads.
    sets = {name: values.astype(numpy.float32).astype(float) for name, values in sets.items()}
    pairs = list(itertools.product(sets, sets))
    batch = 16
    print(json.dumps({
        "batch": batch,
        "sets": {name: values.tolist() for name, values in sets.items()},
        "cka": {"%s %s" % pair: float(cka(sets[pair[0]], sets[pair[1]], batch)) for pair in pairs},
        "svcca": {"%s %s" % pair: svcca(sets[pair[0]], sets[pair[1]]) for pair in pairs},
    }, indent=1))


main()
