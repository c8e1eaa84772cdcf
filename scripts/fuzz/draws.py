"""Random data that leans to the ends: saturating, zero, dead channels, halves of steps.

The same seed draws the same everywhere: integers and uniform numbers only, no function whose
last bits depend on the CPU.
"""

import numpy as np
from case import ARRAY

SPECIAL = [0.0, -0.0, 1e20, -1e20, 3e38, -3e38, 1e-40, np.inf, -np.inf]


class Draws:
    """A generator of random numbers."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.extreme = self.chance(0.15)  # ranges of any magnitude

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, *options):
        return options[self.rng.integers(len(options))]

    def whole(self, low, high):
        """An integer from low to high, both included."""
        return int(self.rng.integers(low, high, endpoint=True))

    def scale(self, low, high):
        """A number of any magnitude from 2^low to 2^(high+1)."""
        return float(np.ldexp(self.rng.uniform(1, 2), self.whole(low, high)))

    def shape(self, rank):
        """A small shape whose last axis is a number of channels."""
        sizes = [self.whole(1, 3) if i == 0 and rank > 2 else self.whole(1, 7) for i in range(rank)]
        if rank:
            sizes[-1] = self.pick(1, 2, 3, 4, 5, 8, 16, 17, 33)
        return tuple(sizes)

    def quantized(self, dtype, shape):
        """Integers of a quantized type."""
        lowest, highest = np.iinfo(ARRAY[dtype]).min, np.iinfo(ARRAY[dtype]).max
        kind = self.pick("all", "all", "all", "all", "ends", "small", "one", "zeros", "dead")
        data = self.rng.integers(lowest, highest, shape, endpoint=True)
        if kind == "all" and dtype == "qint32":
            data >>= self.whole(0, 30)
        if kind == "ends":
            data = np.where(self.rng.random(shape) < 0.5, lowest, highest)
        if kind == "small":
            data = self.rng.integers(max(lowest, -3), 3, shape, endpoint=True)
        if kind == "one":
            data = np.full(shape, self.whole(lowest, highest))
        if kind == "zeros":
            data = np.zeros(shape)
        if kind == "dead" and shape:
            data = data * (self.rng.random(shape[-1]) < 0.5)
        return np.asarray(data).astype(ARRAY[dtype])

    def real(self, shape, low, high, special=()):
        """Float numbers in and around a range, some of them halves of the steps of 8 bits;
        special ones take the places of a few."""
        width = max(high - low, 1e-3)
        data = self.rng.uniform(low - 0.1 * width, high + 0.1 * width, shape)
        kind = self.pick("around", "around", "halves", "zeros", "ends")
        if kind == "halves":
            steps = self.rng.integers(-260, 520, shape) * 0.5
            data = steps * (max(abs(low), abs(high)) / self.pick(127, 127.5, 255)) if self.chance(0.5) else steps * (width / 255) + low
        if kind == "zeros":
            data = data * (self.rng.random(shape) < 0.3)
        if kind == "ends":
            data = np.where(self.rng.random(shape) < 0.5, low, high)
        if special and self.chance(0.3):
            data = np.where(self.rng.random(shape) < 0.2, np.array(special)[self.rng.integers(0, len(special), shape)], data)
        with np.errstate(over="ignore"):
            return np.asarray(data).astype(np.float32)

    def span(self, dtype, size=None):
        """The ends of a range. A range of moderate size mostly; unsigned types' start at 0
        more often."""
        size = self.scale(-3, 5) if size is None else min(max(size, 1e-30), 1e37)
        if self.extreme and self.chance(0.2):
            size = self.pick(self.scale(80, 120), self.scale(-120, -60))
        other = size * self.rng.uniform(0, 1.5)
        kinds = ["uneven", "even", "positive", "negative", "above", "below", "zero"]
        weights = [8, 4, 20, 2, 1, 1, 0.5] if dtype.startswith("qu") else [14, 10, 3, 2, 1, 1, 0.5]
        kind = kinds[int(np.searchsorted(np.cumsum(weights) / sum(weights), self.rng.random(), side="right"))]
        low, high = {
            "uneven": (-other, size), "even": (-size, size), "positive": (0.0, size), "negative": (-size, 0.0), "above": (other, other + size),
            "below": (-other - size, -other), "zero": (0.0, 0.0),
        }[kind]
        return float(np.float32(low)), float(np.float32(high))
