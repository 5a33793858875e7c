"""Scores of transferability by their published formulas, for TransferScoreTests.swift: written from the papers, with other algorithms
than the program's where there is a choice (singular values and inverses instead of the eigenvalues of a product).

Made with NumPy 2.4.6.
"""
import json
import os

import numpy

import tensors


def log_evidence(features, labels):
    """LogME (You, Liu, Wang and Long 2021, equations 2 and 3): the maximum over α and β of the evidence of a Bayesian linear model."""
    n, d = features.shape
    gram = features.T @ features
    evidences = []
    for label in range(labels.max() + 1):
        y = (labels == label).astype(float)
        alpha = beta = 1.0
        for _ in range(100000):
            a = alpha * numpy.eye(d) + beta * gram
            m = beta * numpy.linalg.solve(a, features.T @ y)
            gamma = d - alpha * numpy.trace(numpy.linalg.inv(a))
            residual, weights = numpy.sum((features @ m - y) ** 2), m @ m
            before = alpha / beta
            alpha, beta = gamma / (weights + 1e-5), (n - gamma) / (residual + 1e-5)
            if abs(alpha / beta - before) <= 1e-10 * before:
                break
        # The sums are those of the last weights, as in the published program.
        logdet = numpy.linalg.slogdet(alpha * numpy.eye(d) + beta * gram)[1]
        evidence = (n / 2 * numpy.log(beta) + d / 2 * numpy.log(alpha) - n / 2 * numpy.log(2 * numpy.pi)
                    - beta / 2 * (residual + 1e-5) - alpha / 2 * (weights + 1e-5) - logdet / 2)
        evidences.append(evidence / n)
    return numpy.mean(evidences)


def softmax(scores):
    powers = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def leep(scores, labels):
    """LEEP (Nguyen, Hassner, Seeger and Archambeau 2020, equation 2)."""
    theta = softmax(scores)
    joint = numpy.array([theta[labels == y].sum(axis=0) for y in range(labels.max() + 1)]) / len(labels)
    conditional = joint / joint.sum(axis=0)
    return numpy.mean([numpy.log(conditional[y] @ probabilities) for y, probabilities in zip(labels, theta)])


def nce(scores, labels):
    """NCE (Tran, Nguyen and Hassner 2019): minus the conditional entropy of the labels given the predicted classes."""
    predicted = scores.argmax(axis=1)
    total = 0.0
    for z in set(predicted):
        counts = numpy.bincount(labels[predicted == z])
        shares = counts[counts > 0] / counts.sum()
        total += counts.sum() / len(labels) * numpy.sum(shares * numpy.log(shares))
    return total


def h_score(features, labels):
    """H-score (Bao et al. 2019, definition 2)."""
    means = numpy.zeros_like(features)
    for y in range(labels.max() + 1):
        means[labels == y] = features[labels == y].mean(axis=0)
    return numpy.trace(numpy.linalg.pinv(numpy.cov(features.T), rcond=1e-12) @ numpy.cov(means.T))


def coding_rate(features, precision=1e-4):
    n, d = features.shape
    return numpy.linalg.slogdet(numpy.eye(d) + features.T @ features / (n * precision))[1] / 2


def trans_rate(features, labels):
    """TransRate (Huang, Huang, Rong, Yang and Wei 2022, equation 6 and appendix)."""
    features = features - features.mean(axis=0)
    classes = range(labels.max() + 1)
    return coding_rate(features) - numpy.mean([coding_rate(features[labels == y]) for y in classes])


if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))
    random = numpy.random.default_rng(7)
    arrays, expected = {}, {}
    for name, (n, d, classes, sources) in {"tall": (120, 12, 4, 6), "wide": (40, 60, 3, 3)}.items():
        labels = random.integers(classes, size=n)
        centres = random.normal(size=(classes, d))
        features = numpy.maximum(centres[labels] + random.normal(size=(n, d)), 0).astype("f4")
        scores = (random.normal(size=(n, sources)) + 2 * numpy.eye(max(sources, classes))[labels][:, :sources]).astype("f4")
        arrays |= {f"{name}.features": features, f"{name}.scores": scores, f"{name}.labels": labels.astype("f4")}
        wide, scores = features.astype("f8"), scores.astype("f8")
        expected[name] = {"logme": log_evidence(wide, labels), "leep": leep(scores, labels), "nce": nce(scores, labels),
                          "h-score": h_score(wide, labels), "transrate": trans_rate(wide, labels)}
    tensors.write(os.path.join(folder, "transfer_scores.safetensors"), arrays)
    with open(os.path.join(folder, "transfer_scores.json"), "w") as file:
        json.dump({name: {key: float(value) for key, value in values.items()} for name, values in expected.items()}, file,
                  indent=1)
        file.write("\n")
