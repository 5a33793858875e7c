"""Writes statistics.json: intervals that StatisticsTests compares with, computed by NumPy and SciPy.

Bootstrap intervals of small samples from all their resamples where these are few, else from a million
drawn by scipy.stats.bootstrap; of clusters from all their resamples. `tolerance` is five standard deviations
of such an interval's ends when only 2,000 resamples are drawn. Wilson's intervals are SciPy's, Newcombe's are
put together from them (Newcombe 1998, method 10).

    python statistics.py        # needs scipy and numpy; made with scipy 1.17.1 and numpy 2.4.6
"""

import itertools
import json
import math
import pathlib

import numpy
from scipy import stats

RESAMPLES = 2000
ENDS = [2.5, 97.5]
generator = numpy.random.default_rng(1)


def tolerance(draw):
    """Five standard deviations of the interval's ends; `draw(count)` gives so many resampled means."""
    ends = numpy.array([numpy.percentile(draw(RESAMPLES), ENDS) for _ in range(300)])
    return max(5 * ends.std(axis=0).max(), 1e-12)


def sample(values):
    values = numpy.array(values)
    count = len(values)
    if count <= 6:
        means = [numpy.mean(drawn) for drawn in itertools.product(values, repeat=count)]
        low, high = numpy.percentile(means, ENDS, method="inverted_cdf")
    else:
        interval = stats.bootstrap(
            (values,), numpy.mean, n_resamples=1_000_000, batch=10_000, method="percentile", rng=2
        ).confidence_interval
        low, high = interval.low, interval.high
    draw = lambda n: generator.choice(values, (n, count)).mean(axis=1)
    return {
        "values": values.tolist(),
        "mean": values.mean(),
        "low": low,
        "high": high,
        "tolerance": tolerance(draw),
    }


def clusters(groups):
    sums = numpy.array([[sum(group), len(group)] for group in groups])
    count = len(sums)
    drawn = numpy.array(list(itertools.product(range(count), repeat=count)))
    ratio = lambda indices: sums[indices, 0].sum(axis=1) / sums[indices, 1].sum(axis=1)
    low, high = numpy.percentile(ratio(drawn), ENDS, method="inverted_cdf")
    return {
        "clusters": groups,
        "mean": sums[:, 0].sum() / sums[:, 1].sum(),
        "low": low,
        "high": high,
        "tolerance": tolerance(lambda n: ratio(generator.integers(count, size=(n, count)))),
    }


def wilson(correct, images):
    interval = stats.binomtest(correct, images).proportion_ci(0.95, method="wilson")
    return {"correct": correct, "images": images, "low": interval.low, "high": interval.high}


def newcombe(correct1, images1, correct2, images2):
    first, second = wilson(correct1, images1), wilson(correct2, images2)
    p1, p2 = correct1 / images1, correct2 / images2
    return {
        "first": [correct1, images1],
        "second": [correct2, images2],
        "low": p1 - p2 - math.hypot(p1 - first["low"], second["high"] - p2),
        "high": p1 - p2 + math.hypot(first["high"] - p1, p2 - second["low"]),
    }


def weighted(terms):
    total = sum(weight * correct / images for weight, correct, images in terms)
    variance = sum(
        weight**2 * stats.binom.var(images, correct / images) / images**2
        for weight, correct, images in terms
    )
    low, high = stats.norm.interval(0.95, total, math.sqrt(variance))
    return {"terms": terms, "low": low, "high": high}


paired = stats.norm.rvs(0.02, 0.01, 24, random_state=3).round(6).tolist()
wide = stats.expon.rvs(0, 0.05, 60, random_state=4).round(6).tolist()
result = {
    "samples": [
        sample([0.61, 0.64]),
        sample([0.615100, 0.623163, 0.628647]),
        sample([0.012, -0.004, 0.021, 0.008]),
        sample([0.70, 0.71, 0.69, 0.705, 0.5]),
        sample([0.6151, 0.634083, 0.623163, 0.624979, 0.628647, 0.621931, 0.626, 0.626907]),
        sample(paired),
        sample(wide),
    ],
    "clusters": [
        clusters([[0.01, 0.02, 0.015], [0.004], [0.03, -0.01]]),
        clusters([[0.009, 0.011], [0.02, 0.018, 0.022], [-0.002], [0.013], [0.007, 0.001]]),
    ],
    "wilson": [
        wilson(correct, images)
        for correct, images in [(943, 1000), (0, 50), (50, 50), (1, 3), (30755, 50000)]
    ],
    "newcombe": [
        newcombe(943, 1000, 907, 1000),
        newcombe(56, 70, 48, 80),
        newcombe(10, 10, 0, 20),
    ],
    "weighted": [weighted([[1, 943, 1000], [-2, 948, 1000], [1, 907, 1000]])],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(result, indent=1) + "\n")
