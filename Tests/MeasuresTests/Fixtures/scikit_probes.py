"""Accuracies of scikit-learn's classifiers on activations.

Without arguments: draws some features and writes them and the accuracies beside this file, for ProbeTests.swift.

With two exported features stages (cambium export features FILE STAGE.train STAGE.test -o DIR):

    scikit_probes.py DIR/STAGE.train DIR/STAGE.test [DECAY…]

prints the accuracies on each layer, for each decay, in per cent, to compare with what the probe stage says.

Made with scikit-learn 1.9.1 and NumPy 2.4.6.
"""
import csv
import json
import os
import sys

import numpy
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

import tensors

DECAYS = [1e-4, 1e-2, 1]
NEIGHBOURS = [1, 5]


def accuracies(train, train_labels, test, test_labels, decays):
    """The fraction of test images classified correctly, by classifier. Decays are of the mean loss, as Cambium's."""
    scaler = StandardScaler().fit(train.astype("f8"))
    train, test = scaler.transform(train.astype("f8")), scaler.transform(test.astype("f8"))
    found = {}
    for decay in decays:
        logistic = LogisticRegression(C=1 / (decay * len(train)), max_iter=20000, tol=1e-8)
        found[f"logistic {decay:g}"] = float(logistic.fit(train, train_labels).score(test, test_labels))
        ridge = RidgeClassifier(alpha=decay * len(train), solver="svd")
        found[f"ridge {decay:g}"] = float(ridge.fit(train, train_labels).score(test, test_labels))
    for count in NEIGHBOURS:
        nearest = KNeighborsClassifier(count, algorithm="brute")
        found[f"{count} nearest"] = float(nearest.fit(train, train_labels).score(test, test_labels))
    return found


def drawn(seed, classes, train, test, dimensions, overlap):
    """Rectified, correlated features with a constant and a repeated column, as layers have them."""
    random = numpy.random.default_rng(seed)
    mixing = random.normal(size=(dimensions, dimensions)) / numpy.sqrt(dimensions)
    centres = random.normal(size=(classes, dimensions))

    def draw(count):
        labels = random.integers(classes, size=count)
        values = (centres[labels] + overlap * random.normal(size=(count, dimensions))) @ mixing
        values = numpy.maximum(values, 0) * numpy.exp(numpy.arange(dimensions) % 5 - 2)
        values[:, 3] = 0.7
        values[:, 4] = values[:, 5]
        return values.astype("f4"), labels

    return draw(train) + draw(test)


def write_fixtures(folder):
    arrays, expected = {}, {}
    for name, arguments in {"wide": (1, 3, 60, 100, 80, 2.5), "tall": (2, 5, 600, 500, 24, 2.2)}.items():
        train, train_labels, test, test_labels = drawn(*arguments)
        arrays |= {f"{name}.train": train, f"{name}.train.labels": train_labels.astype("f4"),
                   f"{name}.test": test, f"{name}.test.labels": test_labels.astype("f4")}
        expected[name] = accuracies(train, train_labels, test, test_labels, DECAYS)
    tensors.write(os.path.join(folder, "scikit_probes.safetensors"), arrays)
    with open(os.path.join(folder, "scikit_probes.json"), "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


def exported(stage):
    with open(f"{stage}.images.csv", newline="") as file:
        labels = numpy.array([int(row["label"]) for row in csv.DictReader(file)])
    return {name: values.reshape(len(labels), -1) for name, values in tensors.read(f"{stage}.safetensors").items()}, labels


if __name__ == "__main__":
    if len(sys.argv) < 3:
        write_fixtures(os.path.dirname(os.path.abspath(__file__)))
        sys.exit()
    train, train_labels = exported(sys.argv[1])
    test, test_labels = exported(sys.argv[2])
    for layer in train:
        found = accuracies(train[layer], train_labels, test[layer], test_labels,
                           [float(decay) for decay in sys.argv[3:]] or DECAYS)
        print(layer, ", ".join(f"{name}: {100 * value:.2f}" for name, value in found.items()))
