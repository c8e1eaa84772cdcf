package indexing_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
)

func texts(t testing.TB, list ...string) *core.Tensor {
	x, err := core.StringTensor(core.Shape{len(list)}, list)
	require.NoError(t, err)
	return x
}

func vector[T core.Element](t testing.TB, list ...T) *core.Tensor {
	x, err := core.TensorOf(core.Shape{len(list)}, list)
	require.NoError(t, err)
	return x
}

func text(t testing.TB, s string) *core.Tensor {
	x, err := texts(t, s).Reshaped(core.Shape{})
	require.NoError(t, err)
	return x
}

func TestTableLookup(t *testing.T) {
	inputs := func(x ...*core.Tensor) []*core.Tensor { return x }
	reals := func(v ...float32) *core.Tensor { return vector(t, v...) }
	for _, test := range []struct {
		name string
		in   []*core.Tensor
		want *core.Tensor
	}{
		{
			"words to numbers",
			inputs(texts(t, "b", "", "a", "c", "b"), texts(t, "a", "b", ""), vector[int64](t, 1, 2, 3), core.Scalar(int64(-1))),
			vector[int64](t, 2, 3, 1, -1, 2),
		},
		{
			"numbers to words",
			inputs(vector[int64](t, 1<<40, 7), vector[int64](t, 7, 1<<40), texts(t, "seven", "many"), text(t, "?")),
			texts(t, "many", "seven"),
		},
		{
			"i32 to reals, bit for bit",
			inputs(vector[int32](t, -1, 2, 3), vector[int32](t, 2, -1), reals(1, float32(math.Copysign(0, -1))),
				core.Scalar(float32(0.5))),
			reals(float32(math.Copysign(0, -1)), 1, 0.5),
		},
		{"no keys", inputs(texts(t), texts(t, "a"), vector(t, true), core.Scalar(false)), vector[bool](t)},
		{"an empty table", inputs(texts(t, "a"), texts(t), vector[bool](t), core.Scalar(true)), vector(t, true)},
		{
			"a key twice with one value",
			inputs(texts(t, "a"), texts(t, "a", "a"), reals(1, 1), core.Scalar(float32(0))),
			reals(1),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := core.EvalOp(&indexing.TableLookup{}, test.in)
			require.NoError(t, err)
			assert.Equal(t, test.want.Fact(), out[0].Fact())
			assert.Equal(t, string(test.want.Bytes()), string(out[0].Bytes()))
			assert.Equal(t, test.want.Strings(), out[0].Strings())
		})
	}
}

func TestTableLookupErrors(t *testing.T) {
	op := func() core.Op { return &indexing.TableLookup{} }
	words, ids, none := texts(t, "a", "b"), vector[int64](t, 1, 2), core.Scalar(int64(0))
	for _, test := range []struct {
		keys, table, values, otherwise *core.Tensor
		want                           string
	}{
		{core.Scalar(float32(1)), words, ids, none, "input 0 (keys): got type f32, want string, i32 or i64 (TableLookup-C1)"},
		{words, ids, ids, none, "input 1 (table): got i64[2], want a constant string[n] (TableLookup-C2)"},
		{words, text(t, "a"), none, none, "input 1 (table): got string[], want a constant string[n] (TableLookup-C2)"},
		{
			words, words, vector[int64](t, 1), none,
			"input 2 (values): got i64[1], want a constant of shape [2] as table (TableLookup-C3)",
		},
		{words, words, ids, core.Scalar(int32(0)), "input 3 (otherwise): got i32[], want i64[] (TableLookup-C4)"},
		{
			words, texts(t, "a", "a"), ids, none,
			"input 1 (table): got the same key at 0 and 1 with different values, want equal ones (TableLookup-C5)",
		},
	} {
		t.Run(test.want, func(t *testing.T) {
			_, err := core.EvalOp(op(), []*core.Tensor{test.keys, test.table, test.values, test.otherwise})
			assert.EqualError(t, err, "TableLookup: "+test.want)
		})
	}
	p := core.Apply
	computed, err := p(&core.Parameter{Type: core.String, Shape: core.Shape{2}})
	require.NoError(t, err)
	_, err = p(op(), computed, computed, core.NewConstant(ids), core.NewConstant(none))
	assert.EqualError(t, err, "TableLookup: input 1 (table): got string[2], want a constant string[n] (TableLookup-C2)")
}

// A table is hashed once, however often keys are looked up, and again for other constants.
func TestTablesAreHashedOnce(t *testing.T) {
	const n = 100_000
	keys, values := make([]string, n), make([]int64, n)
	for i := range keys {
		keys[i], values[i] = strconv.Itoa(i), int64(i)
	}
	op := &indexing.TableLookup{}
	in := []*core.Tensor{texts(t, "99999", "x"), texts(t, keys...), vector(t, values...), core.Scalar(int64(-1))}
	look := func() []int64 {
		out, err := core.EvalOp(op, in)
		require.NoError(t, err)
		return out[0].Int64s()
	}
	assert.Equal(t, []int64{99999, -1}, look())
	assert.Less(t, testing.AllocsPerRun(3, func() { look() }), 100.0)
	in[1], in[2] = texts(t, "x"), vector[int64](t, 5)
	assert.Equal(t, []int64{-1, 5}, look())
}

func BenchmarkTableLookup(b *testing.B) {
	const n = 1_000_000
	keys, values := make([]string, n), make([]int64, n)
	for i := range keys {
		keys[i], values[i] = "word "+strconv.Itoa(i), int64(i)
	}
	in := []*core.Tensor{texts(b, keys[:100]...), texts(b, keys...), vector(b, values...), core.Scalar(int64(-1))}
	b.Run("hashed", func(b *testing.B) {
		for b.Loop() {
			_, err := core.EvalOp(&indexing.TableLookup{}, in)
			require.NoError(b, err)
		}
	})
	b.Run("100 keys", func(b *testing.B) {
		op := &indexing.TableLookup{}
		_, err := core.EvalOp(op, in)
		require.NoError(b, err)
		for b.Loop() {
			_, err := core.EvalOp(op, in)
			require.NoError(b, err)
		}
	})
}
