"""ReverseSequence: of every kind of type, along each pair of axes."""

from case import case, const, feed, integers, normal, uniform

LENGTHS = [0, 3, 1]
for dtype, data in [("float", normal(3, 4, 2)), ("int32", integers(3, 4, 2)), ("uint8", integers(3, 4, 2, low=0, high=99)), ("bool", integers(3, 4, 2, low=0, high=1)), ("half", uniform(3, 4, 2))]:
    case("ReverseSequence", f"reversesequence_{dtype}", feed(dtype, data), const("int64", LENGTHS), seq_dim=1)
for batch, seq in [(0, 2), (1, 0), (2, 1), (1, 2)]:
    n = (3, 4, 2)[seq]
    lengths = integers((3, 4, 2)[batch], low=0, high=n)
    case("ReverseSequence", f"reversesequence_{batch}_{seq}", feed("float", normal(3, 4, 2)), feed("int32", lengths), batch_dim=batch, seq_dim=seq)
case("ReverseSequence", "reversesequence_empty", feed("float", normal(3, 0)), const("int64", [0, 0, 0]), seq_dim=1)
for name, x, lengths, attrs in [
    ("too_long", normal(3, 2), LENGTHS, {"seq_dim": 1}), ("negative", normal(3, 4), [0, -1, 1], {"seq_dim": 1}), ("few", normal(3, 4), [1, 2], {"seq_dim": 1}),
    ("one_axis", normal(3, 4), LENGTHS, {"seq_dim": 0}), ("outside", normal(3, 4), LENGTHS, {"seq_dim": 2}), ("matrix", normal(3, 4), [LENGTHS], {"seq_dim": 1}),
]:
    case("ReverseSequence", f"reversesequence_{name}", feed("float", x), const("int64", lengths), error=True, **attrs)
