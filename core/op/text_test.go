package op_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/text"
)

// texts returns a vector of strings.
func texts(t testing.TB, list ...string) *core.Tensor {
	x, err := core.StringTensor(core.Shape{len(list)}, list)
	require.NoError(t, err)
	return x
}

// textBaselines are those of the ops on strings, and of tables.
func textBaselines(t *testing.T) []baseline {
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	words := texts(t, "cat", " Dog ", "", "Äh")
	numbers := func(v ...int64) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	pi := tensor(t, core.Shape{2}, float32(3.14159), -1)
	return []baseline{
		{&indexing.TableLookup{}, in(words, texts(t, "", "cat"), numbers(7, 8), core.Scalar(int64(-1)))},
		{&indexing.TableLookup{}, in(numbers(4, 5), numbers(5, 6), texts(t, "five", "six"), label(t, "?"))},
		{&text.HashBucket{Buckets: 1000}, in(words)},
		{&text.HashBucket{Buckets: 1000, Key: []int64{1, -2}}, in(words)},
		{&text.AsString{Precision: -1, Width: 5, Fill: "0"}, in(numbers(-12, 34567))},
		{&text.AsString{Precision: 2, Width: -1, Scientific: true}, in(pi)},
		{&text.AsString{Precision: -1, Width: -1, Shortest: true}, in(pi)},
		{&text.ChangeCase{}, in(words)},
		{&text.ChangeCase{Upper: true}, in(words)},
		{&text.Strip{}, in(words)},
		{&text.Join{Separator: "-"}, in(words, label(t, "x"))},
		{&text.Length{}, in(words)},
		{&text.Length{Characters: true}, in(words)},
		{&text.ToNumber{Type: core.F32}, in(texts(t, "1.5", " -2e3 "))},
		{&text.Substring{}, in(words, core.Scalar(int32(0)), core.Scalar(int32(2)))},
		{&text.Substring{Characters: true}, in(words, core.Scalar(int64(0)), core.Scalar(int64(1)))},
		{&text.DecodeRaw{Type: core.I16, BigEndian: true}, in(texts(t, "abcd", "ABCD"))},
		{&text.Split{Most: -1}, in(texts(t, " a b", "c"), label(t, ""))},
		{&text.Split{Most: 1}, in(texts(t, "a--b--c", "", "-"), label(t, "--"))},
		{&text.SplitAny{}, in(texts(t, " a b", "c"), label(t, " "))},
		{&text.SplitAny{KeepEmpty: true}, in(texts(t, "a,;b", "", "c"), label(t, ",;"))},
		{&text.RegexReplace{}, in(words, label(t, "([a-z])[^a]"), label(t, `<\1>`))},
		{&text.RegexReplace{First: true}, in(texts(t, "\xffa\xff", "木木"), label(t, "."), label(t, `\\`))},
		{&text.RegexMatch{}, in(words, label(t, ".*[at]|"))},
		{&text.ReduceJoin{Axes: []int{0}, Separator: "-"}, in(words)},
		{&text.SegmentJoin{Separator: " "}, in(words, numbers(1, 0, 1, 1), core.Scalar(int64(3)))},
		{&text.NGrams{Widths: []int64{2, 1}, Separator: " ", Left: "<", Right: ">", Pad: -1}, in(words, numbers(0, 1, 4))},
		{&text.UnicodeDecode{Encoding: "UTF-8", Splits: core.I32}, in(words)},
		{
			&text.UnicodeDecode{Encoding: "UTF-16-BE", Splits: core.I64, Tolerance: text.Tolerance{Replacement: 63}},
			in(texts(t, "\x00a\xd8", "\x01")),
		},
		{&text.UnicodeEncode{Encoding: "UTF-8"}, in(tensor(t, core.Shape{3}, int32(97), 0x6728, 98), numbers(0, 2, 2, 3))},
		{
			&text.UnicodeTranscode{From: "UTF-8", To: "UTF-16-BE", Tolerance: text.Tolerance{Errors: text.ErrorIgnored}},
			in(texts(t, "ä\xff", "b")),
		},
	}
}

func TestTextConstraints(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	s := func(shape ...int) core.Operand { return operand(core.String, shape) }
	pattern := func(p string) core.Operand {
		x := label(t, p)
		return core.Operand{Fact: x.Fact(), Const: x}
	}
	long := func(v ...int64) core.Operand { return constantOf(t, core.Shape{len(v)}, v) }
	i64 := func(shape ...int) core.Operand { return operand(core.I64, shape) }
	decode := &text.UnicodeDecode{Encoding: "utf8", Splits: core.I64}
	encode := &text.UnicodeEncode{Encoding: "UTF-8"}
	checkRefused(t, []refused{
		{&text.Split{}, ops(s(2, 2), s()), "C1", "input 0 (x): got string[2,2], want a vector of strings"},
		{&text.Split{}, ops(s(2), s(1)), "C2", "input 1 (separator): got string[1], want a string"},
		{&text.SplitAny{}, ops(i64(2), s()), "C1", "input 0 (x): got i64[2], want a vector of strings"},
		{&text.SplitAny{}, ops(s(2), i64()), "C2", "input 1 (separators): got i64[], want a string"},
		{&text.RegexReplace{}, ops(i64(), s(), s()), "C1", "input 0 (x): got type i64, want string"},
		{&text.RegexReplace{}, ops(s(), s(1), s()), "C2", "input 1 (pattern): got string[1], want a string"},
		{&text.RegexReplace{}, ops(s(), s(), s(1)), "C3", "input 2 (rewrite): got string[1], want a string"},
		{
			&text.RegexMatch{}, ops(s(), pattern("(")), "C2",
			"input 1 (pattern): got the pattern \"(\": error parsing regexp: missing closing ): `(`",
		},
		{
			&text.RegexMatch{}, ops(s(), pattern("(?<x>a)")), "C2",
			"input 1 (pattern): got the pattern \"(?<x>a)\": want (?P<name>...) as names of groups",
		},
		{&text.RegexMatch{}, ops(i64(), s()), "C1", "input 0 (x): got type i64, want string"},
		{&text.ReduceJoin{}, ops(i64()), "C1", "input 0: got type i64, want string"},
		{&text.ReduceJoin{Axes: []int{2}}, ops(s(2, 2)), "C2", "axis: got 2, want in [-2, 2)"},
		{&text.SegmentJoin{}, ops(s(2), i64(3), i64()), "C1", "input 0 (x): got shape [2], want one that begins with [3]"},
		{&text.SegmentJoin{}, ops(s(2), i64(), i64()), "C2", "input 1 (ids): got shape [], want rank 1 or more"},
		{&text.SegmentJoin{}, ops(s(2), long(0, 2), isI32(2)), "C2", "input 1 (ids): got 2 at 1, want in [0, 2)"},
		{&text.SegmentJoin{}, ops(s(2), i64(2), isI32(-1)), "C3", "input 2 (count): got -1, want 0 to 1099511627776"},
		{&text.SegmentJoin{}, ops(s(2), i64(2), i64(1)), "C3", "input 2 (count): got shape [1], want a scalar"},
		{&text.NGrams{}, ops(s(2, 2), i64(2)), "C1", "input 0 (x): got string[2,2], want a vector of strings"},
		{&text.NGrams{}, ops(s(2), s(2)), "C2", "input 1 (splits): got string[2], want i32 or i64 of rank 1"},
		{&text.NGrams{Widths: []int64{0}}, ops(s(2), i64(2)), "C3", "widths: got [0], want 1 to 1073741824"},
		{&text.NGrams{Pad: 1 << 40}, ops(s(2), i64(2)), "C4", "pad: got 1099511627776, want up to 1073741824"},
		{decode, ops(i64(2)), "C1", "input 0: got type i64, want string"},
		{
			&text.UnicodeDecode{Encoding: "EBCDIC", Splits: core.I64}, ops(s(2)), "C2",
			`encoding: got "EBCDIC", want UTF-8, UTF-16 or UTF-32 with -BE or -LE, US-ASCII or ISO-8859-1`,
		},
		{
			&text.UnicodeDecode{Encoding: "utf8", Splits: core.I64, Tolerance: text.Tolerance{Replacement: -1}}, ops(s(2)), "C3",
			"got Replace and the replacement -0x1, want a choice and a character",
		},
		{&text.UnicodeDecode{Encoding: "utf8"}, ops(s(2)), "C4", "splits: got dynamic, want i32 or i64"},
		{encode, ops(i64(2), i64(2)), "C1", "input 0 (characters): got i64[2], want a vector of i32"},
		{encode, ops(i32(2), i64(0)), "C2", "input 1 (splits): got no splits, want one or more"},
		{&text.UnicodeEncode{}, ops(i32(2), i64(2)), "C3", `encoding: got "", want UTF-8, UTF-16-BE or UTF-32-BE`},
		{
			&text.UnicodeEncode{Encoding: "UTF-8", Tolerance: text.Tolerance{Errors: 3}}, ops(i32(2), i64(2)), "C4",
			"got invalid(3) and the replacement 0x0, want a choice and a character",
		},
		{&text.UnicodeTranscode{From: "utf8"}, ops(s(2)), "C4", `to: got "", want UTF-8, UTF-16-BE or UTF-32-BE`},
	})
}

// TestMadeStringsAreBounded refuses to make strings that are together longer than one tensor may be.
func TestMadeStringsAreBounded(t *testing.T) {
	letters := label(t, strings.Repeat("a", 1<<16))
	list := make([]string, 1<<15)
	many := texts(t, list...)
	zeros, err := core.NewTensor(core.I32, core.Shape{1 << 15})
	require.NoError(t, err)
	for _, b := range []baseline{
		{&text.RegexReplace{}, []*core.Tensor{letters, label(t, "a"), letters}},
		{&text.ReduceJoin{Axes: []int{0}, Separator: letters.Strings()[0]}, []*core.Tensor{many}},
		{&text.SegmentJoin{Separator: letters.Strings()[0]}, []*core.Tensor{many, zeros, core.Scalar(int32(1))}},
		{&text.SegmentJoin{}, []*core.Tensor{many, zeros, core.Scalar(int64(1 << 39))}},
		{
			&text.NGrams{Widths: []int64{1 << 20}, Pad: -1, Left: letters.Strings()[0]},
			[]*core.Tensor{many, tensor(t, core.Shape{2}, int64(0), 1<<15)},
		},
	} {
		_, err := core.EvalOp(b.op, b.in)
		var tooLarge *core.MemoryError
		require.ErrorAs(t, err, &tooLarge)
	}
}

// label returns a string.
func label(t testing.TB, s string) *core.Tensor {
	x, err := core.StringTensor(core.Shape{}, []string{s})
	require.NoError(t, err)
	return x
}
