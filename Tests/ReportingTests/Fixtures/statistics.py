"""Writes statistics.json: numbers that StatisticsTests compares with, computed by NumPy and SciPy.

Student's intervals of means over independent units; tails, quantiles and power of t distributions. Wilson's
intervals are SciPy's, Newcombe's are put together from them (Newcombe 1998, method 10).

    python statistics.py        # needs scipy and numpy; made with scipy 1.17.1 and numpy 2.4.6
"""

import json
import math
import pathlib

import numpy
from scipy import integrate, optimize, stats


def sample(units):
    """Units weigh by their number of observations; where these are equal, SciPy's one-sample test."""
    means = numpy.array([numpy.mean(unit) for unit in units])
    shares = numpy.array([len(unit) for unit in units]) / sum(map(len, units))
    mean = float(shares @ means)
    error = float(means.std(ddof=1) * math.sqrt(shares @ shares))
    low, high = stats.t.interval(0.95, len(units) - 1, mean, error)
    chance = 2 * stats.t.sf(abs(mean / error), len(units) - 1)
    if len(set(map(len, units))) == 1:
        test = stats.ttest_1samp(means, 0)
        numpy.testing.assert_allclose([*test.confidence_interval(), test.pvalue], [low, high, chance])
    return {"units": units, "mean": mean, "low": low, "high": high, "chance": chance}


def student(degrees, t):
    return {"degrees": degrees, "t": t, "tail": stats.t.sf(t, degrees)}


def power(degrees, level, noncentrality):
    """P(T > critical), and the noncentrality that has a power of 0.8.

    As an integral over the distribution of the standard error, since SciPy's own noncentral t loses its digits for
    few degrees of freedom and large values; where that is sound, the two are compared.
    """
    critical = stats.t.isf(level, degrees)

    def exceeds(delta):
        ends = [stats.chi2.ppf(q, degrees) for q in (1e-14, 1e-8, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 1 - 1e-12)]
        # Where the normal's tail turns, and on its either side.
        turns = [degrees * (max(delta + z, 0) / critical) ** 2 for z in (-8, -4, -2, -1, 0, 1, 2, 4, 8)]
        points = sorted(p for p in {*ends, *turns} if p <= ends[-1])
        f = lambda x: stats.chi2.pdf(x, degrees) * stats.norm.sf(critical * math.sqrt(x / degrees) - delta)
        return sum(
            integrate.quad(f, a, b, epsabs=1e-12, limit=200)[0] for a, b in zip([0, *points], points)
        )

    value = exceeds(noncentrality)
    if critical < 10:
        assert abs(value - stats.nct.sf(critical, degrees, noncentrality)) < 1e-7
    return {
        "degrees": degrees,
        "level": level,
        "noncentrality": noncentrality,
        "power": value,
        "needed": optimize.brentq(lambda d: exceeds(d) - 0.8, 0, 3 * critical + 10, rtol=1e-9),
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


paired = stats.norm.rvs(0.02, 0.01, 24, random_state=3).round(6).tolist()
wide = stats.expon.rvs(0, 0.05, 60, random_state=4).round(6).tolist()
result = {
    "samples": [
        sample([[0.61], [0.64]]),
        sample([[0.615100], [0.623163], [0.628647]]),
        sample([[0.012], [-0.004], [0.021], [0.008]]),
        sample([[0.70], [0.71], [0.69], [0.705], [0.5]]),
        sample([[value] for value in paired]),
        sample([[value] for value in wide]),
        sample([[0.01, 0.02, 0.015], [0.004, 0.001, -0.002], [0.03, -0.01, 0.012]]),
        sample([[0.01, 0.02, 0.015], [0.004], [0.03, -0.01]]),
        sample([[0.009, 0.011], [0.02, 0.018, 0.022], [-0.002], [0.013], [0.007, 0.001]]),
    ],
    "student": [
        student(degrees, t)
        for degrees in (1, 2, 3, 4, 7, 15, 30, 200, 5000)
        for t in (0.1, 0.5, 1, 2.3, 5, 12.706, 30)
        if stats.t.sf(t, degrees) > 1e-200
    ],
    "power": [
        power(degrees, level, noncentrality)
        for degrees in (1, 2, 3, 7, 15, 100)
        for level, noncentrality in ((0.025, 1), (0.025, 4), (0.018, 2.5), (0.0015, 6))
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
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(result, indent=1) + "\n")
