package op_test

import (
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
	}
}

// label returns a string.
func label(t testing.TB, s string) *core.Tensor {
	x, err := core.StringTensor(core.Shape{}, []string{s})
	require.NoError(t, err)
	return x
}
