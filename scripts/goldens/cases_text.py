"""Strings: parts, expressions, characters."""

import numpy as np

from case import case, const, feed

WORDS = ["", "a b  c ", " a ", "a<>b<><>c", "\t\n\x0b\x0c\r x\xa0y", "Äh, 木 😀"]


def rows(*lengths):
    return np.cumsum([0, *lengths])


def strings(*list):
    return feed("string", np.array(list, object))


for name, delimiter, skip in [("space", " ", True), ("set", "<> ", False), ("bytes", "", True)]:
    case("StringSplit", f"stringsplit_{name}_{int(skip)}", strings(*WORDS), feed("string", delimiter), skip_empty=skip)
case("StringSplit", "stringsplit_none", strings(), const("string", " "))
case("StringSplit", "stringsplit_matrix", feed("string", [["a"]]), const("string", " "), error=True)
for name, separator, most in [("white", "", -1), ("white", "", 1), ("space", " ", -1), ("string", "<>", 2)]:
    case("StringSplitV2", f"stringsplitv2_{name}_{most % 5}", strings(*WORDS), feed("string", separator), maxsplit=most)
case("StringSplitV2", "stringsplitv2_none", strings(), const("string", ""))

# Expressions, also of bytes that are no UTF-8, of longer forms than necessary, and of surrogates
TEXTS = [
    b"", b"abc", b"aab foo bar", b"a\nb\n", "aé".encode(), "aéb Kk\u212a ſs 木😀".encode(), b"a\xc3\xa9\xff", b"a\xff\xc3", b"a\xed\xa0\x80b", b"a\xe0\x80\x80b",
    b"\xef\xbf\xbd\xff", b"a\x00b.c*", b"\xf4\x90\x80\x80\xf5\x80\x80\x80", b"2026-11-28, 1,234.50",
]
PATTERNS = {
    "group": ("(b)", "<\\1\\0\\\\>"), "missing_group": ("(b)", "\\2"), "open_escape": ("b", "x\\"), "empty": ("", "-"),
    "not_a": ("[^a]", "-"), "boundary": ("\\b", "|"), "replacement": ("\ufffd", "-"),
    "first_alternative": ("a|ab", "-"), "unset_group": ("(a)|b", "[\\1]"), "latin": ("[\\x{80}-\\x{ff}]", "L"),
    "planes": ("[\\x{700}-\\x{1f700}]", "P"), "words": ("(\\w+)\\s(\\w+)", "\\2 \\1"),
}
for name, (pattern, rewrite) in PATTERNS.items():
    case("RegexReplace", f"regexreplace_{name}", strings(*TEXTS), feed("string", pattern), feed("string", rewrite))
    if name == "group":
        case("StaticRegexReplace", f"staticregexreplace_{name}", strings(*TEXTS), pattern=pattern, rewrite=rewrite, replace_global=False)
for name, pattern in [
    ("alternatives", "a|ab|abc"), ("any_with_newline", "(?s).*"), ("letters", "a\\pL[^a]?"), ("fold", "(?i)ABC"), ("end", "a\nb\n$"), ("three_bytes", "a.b"),
]:
    case("RegexFullMatch", f"regexfullmatch_{name}", strings(*TEXTS), feed("string", pattern))
case("StaticRegexFullMatch", "staticregexfullmatch_words", strings(*TEXTS), pattern="[a-z ]+")
for name, pattern in [("open", "("), ("many", "a{1001}"), ("name", "(?<x>a)"), ("lookahead", "(?=a)"), ("reference", "(a)\\1")]:
    case("StaticRegexFullMatch", f"staticregexfullmatch_{name}", strings("a"), pattern=pattern, error=True)
case("RegexReplace", "regexreplace_refused_open", strings("a"), feed("string", "("), feed("string", ""), error=True)

# Characters
UTF8 = [
    b"", "aé木😀\x01\n".encode(), b"\xe2\x82", b"\xe2\x82a", b"\xe2", b"\xffa\xfe", b"\xf0\x9f\x98", b"\xf0\x9f\x98a", b"\xed\xa0\x80a", b"\xc0\x80a", b"\xe0\x80\x80a",
    b"\xf4\x90\x80\x80a", b"\xf5\x80\x80a", b"\x80a", b"\xe2\x82\xe2\x82\xac", b"\xef\xbb\xbfabc", b"\xf8\x88\x80\x80\x80a", b"a\xef\xbf\xbd", b"\xf0\x80\x80\x80a", b"\xf1\x80a",
]
UTF16 = [
    b"", b"\x00a", b"\xd8\x3d\xde\x00", b"\xd8\x3d\x00a", b"\xde\x00\x00a", b"\x00", b"\xd8\x3d", b"\xd8\x3d\xde", b"\xfe\xff\x00a", b"\xff\xfea\x00", b"\x00a\x00", b"\x3d\xd8\x00\xde",
]
UTF32 = [
    b"", b"\x00\x00\x00a", b"\x00\x01\xf6\x00", b"\x00\x11\x00\x00\x00\x00\x00a", b"\x00\x00\xd8\x00\x00\x00\x00a", b"\x00\x00\x00", b"\xff\xff\xff\xff", b"\xff\xff\xff", b"a\x00\x00\x00",
    b"\x00\x00\xfe\xff\x00\x00\x00a",
]
ENCODED = {
    "UTF-8": UTF8, "UTF-16-BE": UTF16, "UTF-16LE": UTF16, "UTF-32-BE": UTF32, "utf_32le": UTF32, "US-ASCII": UTF8, "ISO-8859-1": UTF8,
}
for encoding, list in ENCODED.items():
    name = encoding.lower().replace("-", "").replace("_", "")
    if encoding in ["UTF-8", "UTF-16LE"]:
        case("UnicodeDecode", f"unicodedecode_{name}", strings(*list), input_encoding=encoding)
    for errors in ["replace", "ignore"] if encoding == "UTF-8" else ["replace"]:
        case(
            "UnicodeDecodeWithOffsets", f"unicodedecodewithoffsets_{name}_{errors}", strings(*list), input_encoding=encoding, errors=errors, replacement_char=63,
            replace_control_characters=True,
        )
    for to in {"UTF-8": ["UTF-8", "UTF-16-BE"], "UTF-16-BE": ["UTF-8"]}.get(encoding, []):
        case("UnicodeTranscode", f"unicodetranscode_{name}_{to.lower()}", strings(*list), input_encoding=encoding, output_encoding=to)
case("UnicodeDecode", "unicodedecode_int32", strings("aé", "b"), input_encoding="UTF-8", Tsplits="int32")
case("UnicodeDecode", "unicodedecode_strict_controls", strings("a\x01"), input_encoding="UTF-8", errors="strict", replace_control_characters=True)
case("UnicodeDecode", "unicodedecode_refused", feed("string", [b"\xff"]), input_encoding="UTF-8", errors="strict", error=True)
case("UnicodeDecode", "unicodedecode_unknown", strings("a"), input_encoding="UTF-9", error=True)
case("UnicodeTranscode", "unicodetranscode_ignored", strings(*UTF8), input_encoding="UTF-8", output_encoding="UTF-8", errors="ignore")
case("UnicodeTranscode", "unicodetranscode_controls", strings("a\x01\x1f é"), input_encoding="UTF-8", output_encoding="UTF-8", replace_control_characters=True)
case("UnicodeTranscode", "unicodetranscode_refused", feed("string", [b"\xff"]), input_encoding="UTF-8", output_encoding="UTF-8", errors="strict", error=True)
CODES = [0x61, 0xE9, 0x6728, 0x1F600, 0, 0xFFFE]
for to in ["UTF-8", "UTF-16-BE", "UTF-32-BE"]:
    name = to.lower()
    case("UnicodeEncode", f"unicodeencode_{name}", feed("int32", CODES), feed("int64", rows(1, 0, 4, 1)), output_encoding=to, errors="strict")
    for errors in ["replace", "ignore"] if to == "UTF-8" else []:
        case(
            "UnicodeEncode", f"unicodeencode_{name}_{errors}", feed("int32", [0xD83D, 0xDE00, 0x110000, -1, 0x61]), feed("int32", rows(2, 2, 1)), output_encoding=to, errors=errors,
            replacement_char=63, Tsplits="int32",
        )
for name, codes, splits in [
    ("refused", [0xD800], [0, 1]), ("begins_late", [65, 66], [1, 2]), ("ends_late", [65, 66], [0, 3]), ("decreases", [65, 66], [0, 2, 1, 2]),
]:
    case("UnicodeEncode", f"unicodeencode_{name}", feed("int32", codes), feed("int64", np.array(splits, np.int64)), output_encoding="UTF-8", errors="strict", error=True)

# N-grams
NGRAM = {"separator": "|", "left_pad": "<", "right_pad": ">", "pad_width": 0, "preserve_short_sequences": False}
LETTERS = strings(*"abcdefg")
for name, widths, more in [
    ("several", [2, 3, 1], {}), ("padded", [3], {"pad_width": -1}), ("padded_by_one", [4, 2], {"pad_width": 1}),
    ("short_padded", [9], {"preserve_short_sequences": True, "pad_width": 1}), ("no_widths", [], {}),
]:
    case("StringNGrams", f"stringngrams_{name}", LETTERS, feed("int64", rows(4, 0, 1, 2)), ngram_widths=widths, **NGRAM | more)
case("StringNGrams", "stringngrams_none", strings(), feed("int64", [0, 0]), ngram_widths=[2], **NGRAM | {"pad_width": -1})
for name, splits, widths, more in [
    ("begins_late", [1, 7], [2], {}), ("ends_late", [0, 8], [2], {}), ("decreases", [0, 5, 4, 7], [2], {}), ("zero_width", [0, 7], [0], {}),
    ("short_without_widths", [0, 7], [], {"preserve_short_sequences": True, "pad_width": -1}),
]:
    case("StringNGrams", f"stringngrams_{name}", LETTERS, feed("int64", splits), ngram_widths=widths, error=True, **NGRAM | more)

# Joined strings
CUBE = feed("string", np.array([*"abcdefghijkl"], object).reshape(2, 3, 2))
for name, axes, keep in [("last", [-1], True), ("two_reversed", [2, 0], False), ("none", np.zeros(0), False)]:
    case("ReduceJoin", f"reducejoin_{name}_{int(keep)}", CUBE, const("int32", axes), separator="-", keep_dims=keep)
case("ReduceJoin", "reducejoin_empty", feed("string", np.zeros((2, 0), object)), const("int32", [1]), separator="-")
case("ReduceJoin", "reducejoin_outside", CUBE, const("int32", [3]), error=True)
case("ReduceJoin", "reducejoin_twice", CUBE, const("int32", [1, -2]), error=True)
for name, list, ids, count in [
    ("vector", ["a", "", "b", "c", ""], [2, 0, 2, 0, 0], 4), ("columns", [["a", "b"], ["c", "d"], ["e", "f"]], [1, 0, 1], 2),
]:
    case("UnsortedSegmentJoin", f"unsortedsegmentjoin_{name}", feed("string", list), feed("int32", ids), feed("int32", count), separator=", ")
for name, ids, count in [("outside", [0, 2], 2), ("negative", [0, -1], 2), ("negative_count", [0, 0], -1)]:
    case("UnsortedSegmentJoin", f"unsortedsegmentjoin_{name}", strings("a", "b"), feed("int32", ids), feed("int32", count), error=True)
