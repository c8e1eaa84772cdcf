"""Differences that stay, each with its reason: TensorFlow is wrong, undefined or another one
on each run. What is not in this list and differs makes the fuzzer fail."""

import re
from collections import namedtuple

# ops is a regular expression of the op that differs, when tells of a Finding whether the row is meant.
Known = namedtuple("Known", "ops when reason")

CONVOLUTION = r"(_Fused)?Quantized(Depthwise)?Conv2D.*"

KNOWN = [
    Known(".*", lambda f: f.kind == "another each run", "TensorFlow gives another result each run: it reads what it never wrote"),
    Known(CONVOLUTION, lambda f: f.exact == "tf2ng", "oneDNN's sums are wrong, and tf2ng's are those of plain arithmetic: windows in padding, one input channel, strides"),
]


def reason(finding):
    """Why a finding is known; empty if it is not."""
    return next((k.reason for k in KNOWN if re.fullmatch(k.ops, finding.op) and k.when(finding)), "")
