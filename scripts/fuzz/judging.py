"""What comes of a case: both sides' results, compared; a difference is traced to one step."""

import math
import re
from dataclasses import dataclass

import known
from compare import compare
from exact import verdict
from saving import alone, read_by
from sides import Refused


@dataclass
class Finding:
    """A difference. exact is the side that plain arithmetic confirms."""

    op: str
    kind: str
    detail: str
    exact: str
    case: object  # the smallest that shows it
    theirs: dict = None  # the outputs of TensorFlow, and of tf2ng; None of a side that refuses
    ours: dict = None
    most: float = math.inf  # the greatest distance of two elements
    known: str = ""

    def __post_init__(self):
        self.known = known.reason(self)


@dataclass
class Outcome:
    """kind is equal, near, differs, or who refuses; refusals are kinds of errors."""

    kind: str
    finding: Finding = None
    refusals: tuple = ()


class Judge:
    def __init__(self, theirs, ours):
        self.theirs, self.ours = theirs, ours

    def judge(self, case, reference):
        """reference: compare the engines, too."""
        a, b = attempt(self.theirs, case), attempt(self.ours, case)
        if isinstance(b, Refused) and b.kind != "error":
            return Outcome("differs", self._refused(case, a, b))
        if isinstance(a, Refused):
            refusals = (f"TensorFlow {kind(a)}", f"tf2ng {kind(b)}") if isinstance(b, Refused) else (f"TensorFlow {kind(a)}",)
            return Outcome("refused by both" if len(refusals) == 2 else "refused by TensorFlow only", refusals=refusals)
        if isinstance(b, Refused):
            return Outcome("refused by tf2ng only", self._refused(case, a, b), (f"tf2ng {kind(b)}",))
        difference, exact = compare(case, a, b)
        if difference:
            return Outcome("differs", self._differs(case, difference, a, b))
        finding = both_wrong(case, a, b) or (reference and self._engines(case, b))
        if finding:
            return Outcome("differs", finding)
        return Outcome("equal" if exact else "near")

    def _engines(self, case, kernels):
        b = attempt(self.ours, case, "reference")
        if isinstance(b, Refused):
            return Finding(case.steps[-1].op, "engines", f"reference: {b}", "unknown", case)
        difference, exact = compare(case, kernels, b)
        if exact:
            return None
        step = difference.step if difference else case.steps[-1]
        return Finding(step.op, "engines", difference.detail if difference else "floats' last bits", "unknown", case, kernels, b)

    def _differs(self, case, difference, a, b):
        """Traces a difference to the step that makes it, alone if it does so alone."""
        whole = case.all_fetched()
        c, d = attempt(self.theirs, whole), attempt(self.ours, whole)
        if not isinstance(c, Refused) and not isinstance(d, Refused):
            again, _ = compare(whole, c, d)
            if again:
                case, difference, a, b = whole, again, c, d
                one = alone(case, difference.step, c)
                found = self._alone(one) if one else None
                if found:
                    return found
        op = difference.step.op
        if self._varies(case, a):
            return Finding(op, "another each run", difference.detail, "unknown", case, a, b)
        return Finding(op, difference.kind, f"{difference.tensor} {difference.detail}", "unknown", case, a, b, difference.most)

    def _alone(self, case):
        a, b = attempt(self.theirs, case), attempt(self.ours, case)
        if isinstance(a, Refused) or isinstance(b, Refused):
            return None
        difference, _ = compare(case, a, b)
        if not difference:
            return None
        first = f"{difference.step.node}:0"
        exact = verdict(case, read_by(case), a[first], b[first]) if difference.tensor == first else "unknown"
        kind = "another each run" if self._varies(case, a) else difference.kind
        return Finding(difference.step.op, kind, f"{difference.tensor} {difference.detail}", exact, case, a, b, difference.most)

    def _varies(self, case, before):
        """Whether TensorFlow, in a process of its own, gives another result."""
        self.theirs.close()
        again = attempt(self.theirs, case)
        return isinstance(again, Refused) or not compare(case, before, again)[1]

    def _refused(self, case, a, refused):
        """Traces tf2ng's refusal to the first step that it refuses alone."""
        whole = case.all_fetched()
        values = attempt(self.theirs, whole)
        for step in case.steps if not isinstance(values, Refused) else ():
            one = alone(case, step, values)
            b = attempt(self.ours, one) if one else None
            if isinstance(b, Refused):
                c = attempt(self.theirs, one)
                return Finding(step.op, f"tf2ng {kind(b)}", str(b), "unknown", one, None if isinstance(c, Refused) else c)
        op = next((s.op for s in case.steps if re.search(f'"{s.node}["#]', str(refused))), case.steps[-1].op)
        return Finding(op, f"tf2ng {kind(refused)}", str(refused), "unknown", case, None if isinstance(a, Refused) else a)


def both_wrong(case, a, b):
    """What both sides agree on and plain arithmetic does not confirm: then it is the model that
    is wrong, or both are."""
    step = case.steps[0]
    first = f"{step.node}:0"
    if len(case.steps) > 1 or verdict(case, read_by(case), a[first], b[first]) != "neither":
        return None
    return Finding(step.op, "both differ from plain arithmetic", first, "neither", case, a, b)


def attempt(side, case, *more):
    try:
        return side.run(case, *more)
    except Refused as e:
        return e


def kind(refused):
    """A refusal without names and numbers, so that its like are counted together."""
    if refused.kind == "died":
        return "died: " + str(refused).partition("\n")[0][:80]
    text = str(refused).partition("\n")[0]
    text = re.sub(r'^(error: )?(graph\.pb: )?node "[^"]*" \(\w+\): ', "", text)
    text = re.sub(r" (for|compatible with node) '?\{\{node .*", "", text)
    text = re.sub(r"(?<![A-Za-z])-?\d[\d.]*(e[-+]?\d+)?\b|[-+]?[Ii]nf\b", "#", text)
    return re.sub(r"#(\s*,?\s*#)+", "#", text)[:120]
