package parsing_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/parsing"
	"github.com/tf2ng/tf2ng/internal/wire"
)

// feature is a feature of a tf.Example: float32s, int64s or strings; nil for one that holds no list.
type feature struct {
	key    string
	values any
}

// list returns the bytes of a tf.Feature.
func (f feature) list() []byte {
	var list []byte
	switch v := f.values.(type) {
	case []float32:
		var packed []byte
		for _, x := range v {
			packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(x))
		}
		return wire.AppendBytes(nil, 2, wire.AppendBytes(nil, 1, packed))
	case []int64:
		for _, x := range v { // not packed, as it may be
			list = wire.AppendInt(list, 1, x)
		}
		return wire.AppendBytes(nil, 3, list)
	case []string:
		for _, x := range v {
			list = wire.AppendString(list, 1, x)
		}
		return wire.AppendBytes(nil, 1, list)
	}
	return nil
}

func example(features ...feature) string {
	var all []byte
	for _, f := range features {
		entry := wire.AppendBytes(wire.AppendString(nil, 1, f.key), 2, f.list())
		all = wire.AppendBytes(all, 1, entry)
	}
	return string(wire.AppendBytes(nil, 1, all))
}

func texts(t *testing.T, s core.Shape, list ...string) *core.Tensor {
	x, err := core.StringTensor(s, list)
	require.NoError(t, err)
	return x
}

func tensor[T core.Element](t *testing.T, s core.Shape, list ...T) *core.Tensor {
	x, err := core.TensorOf(s, list)
	require.NoError(t, err)
	return x
}

// The values are those that TensorFlow 2.21 computes by tf.raw_ops.ParseExampleV2.
func TestParseExample(t *testing.T) {
	a := func(v ...float32) feature { return feature{"a", v} }
	two := &parsing.ParseExample{Dense: []parsing.DenseFeature{{Key: "a", Type: core.F32, Shape: core.Shape{2}}}}
	varies := func(s ...int) *parsing.ParseExample {
		return &parsing.ParseExample{Dense: []parsing.DenseFeature{{Key: "a", Type: core.F32, Shape: s}}}
	}
	batch := func(list ...string) *core.Tensor { return texts(t, core.Shape{len(list)}, list...) }
	f := func(s core.Shape, v ...float32) *core.Tensor { return tensor(t, s, v...) }
	i := func(s core.Shape, v ...int64) *core.Tensor { return tensor(t, s, v...) }
	all := func(x ...*core.Tensor) []*core.Tensor { return x }
	none, seven := f(core.Shape{0}), f(core.Shape{2}, 7, 8)
	every := &parsing.ParseExample{
		Sparse: []parsing.SparseFeature{{Key: "s", Type: core.F32}, {Key: "t", Type: core.String}},
		Dense:  []parsing.DenseFeature{{Key: "d", Type: core.I64, Shape: core.Shape{1}}},
		Ragged: []parsing.RaggedFeature{
			{Key: "r", Type: core.F32, SplitType: core.I32}, {Key: "q", Type: core.I64, SplitType: core.I64},
		},
	}
	one := i(core.Shape{1}, 5)
	for _, test := range []struct {
		name string
		op   *parsing.ParseExample
		in   []*core.Tensor
		want []*core.Tensor
	}{
		{"dense", two, all(batch(example(a(1, 2)), example(a(3, 4))), none), all(f(core.Shape{2, 2}, 1, 2, 3, 4))},
		{
			"default", two, all(batch(example(a(1, 2)), example(), example(feature{"a", nil})), seven),
			all(f(core.Shape{3, 2}, 1, 2, 7, 8, 7, 8)),
		},
		{"a key twice", two, all(batch(example(a(1, 2), a(3, 4))), none), all(f(core.Shape{1, 2}, 3, 4))},
		{"merged", two, all(batch(example(a(1, 2))+example(a(3, 4))), none), all(f(core.Shape{1, 2}, 3, 4))},
		{"scalar", two, all(texts(t, core.Shape{}, example(a(1, 2))), none), all(f(core.Shape{2}, 1, 2))},
		{
			"lengths that vary", varies(core.Unknown),
			all(batch(example(a(1, 2)), example(a(3)), example()), f(core.Shape{}, 9)),
			all(f(core.Shape{3, 2}, 1, 2, 3, 9, 9, 9)),
		},
		{
			"rows that vary", varies(core.Unknown, 2),
			all(batch(example(a(1, 2, 3, 4)), example(a(3, 5))), f(core.Shape{1}, 9)),
			all(f(core.Shape{2, 2, 2}, 1, 2, 3, 4, 3, 5, 9, 9)),
		},
		{
			"all missing", varies(core.Unknown), all(batch(example(), example()), f(core.Shape{}, 9)),
			all(f(core.Shape{2, 0})),
		},
		{
			"every kind", every,
			all(batch(
				example(a(4), feature{"s", []float32{1, 2}}, feature{"r", []float32{8}}, feature{"q", []int64{-3}}),
				example(feature{"t", []string{"q"}}, feature{"d", []int64{6}}, feature{"q", []int64{1 << 62, 2}}),
				example(feature{"s", []float32{5}}),
			), one),
			all(
				i(core.Shape{3, 2}, 0, 0, 0, 1, 2, 0), i(core.Shape{1, 2}, 1, 0), f(core.Shape{3}, 1, 2, 5),
				texts(t, core.Shape{1}, "q"), i(core.Shape{2}, 3, 2), i(core.Shape{2}, 3, 1), i(core.Shape{3, 1}, 5, 6, 5),
				f(core.Shape{1}, 8), i(core.Shape{3}, -3, 1<<62, 2), tensor(t, core.Shape{4}, int32(0), 1, 1, 1),
				i(core.Shape{4}, 0, 1, 3, 3),
			),
		},
		{
			"every kind, scalar", every,
			all(texts(t, core.Shape{}, example(feature{"t", []string{"z", "w"}}, feature{"r", []float32{1, 2}})), one),
			all(
				i(core.Shape{0, 1}), i(core.Shape{2, 1}, 0, 1), f(core.Shape{0}), texts(t, core.Shape{2}, "z", "w"),
				i(core.Shape{1}, 0), i(core.Shape{1}, 2), one, f(core.Shape{2}, 1, 2), i(core.Shape{0}),
				tensor[int32](t, core.Shape{0}), i(core.Shape{0}),
			),
		},
		{
			"no examples", every, all(batch(), one),
			all(
				i(core.Shape{0, 2}), i(core.Shape{0, 2}), f(core.Shape{0}), texts(t, core.Shape{0}), i(core.Shape{2}, 0, 0),
				i(core.Shape{2}, 0, 0), i(core.Shape{0, 1}), f(core.Shape{0}), i(core.Shape{0}),
				tensor(t, core.Shape{1}, int32(0)), i(core.Shape{1}, 0),
			),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := core.EvalOp(test.op, test.in)
			require.NoError(t, err)
			require.Len(t, got, len(test.want))
			for k, w := range test.want {
				assert.Equal(t, w.Fact(), got[k].Fact(), "output %d", k)
				assert.Equal(t, string(w.Bytes()), string(got[k].Bytes()), "output %d", k)
				assert.True(t, slices.Equal(w.Strings(), got[k].Strings()), "output %d: got %q", k, got[k].Strings())
			}
		})
	}
}

func TestParseExampleRefuses(t *testing.T) {
	dense := func(t core.Type, s core.Shape) *parsing.ParseExample {
		return &parsing.ParseExample{Dense: []parsing.DenseFeature{{Key: "a", Type: t, Shape: s}}}
	}
	two, varies := dense(core.F32, core.Shape{2}), dense(core.F32, core.Shape{core.Unknown, 2})
	none, zero := tensor[float32](t, core.Shape{0}), tensor(t, core.Shape{}, float32(0))
	good := example(feature{"a", []float32{1, 2}})
	truncated := good[:len(good)-1]
	for _, test := range []struct {
		op         *parsing.ParseExample
		serialized *core.Tensor
		otherwise  []*core.Tensor
		want       string
	}{
		{
			two, zero, []*core.Tensor{none}, "input 0 (serialized): got f32[], want string[n] or string[] (ParseExample-C1)",
		},
		{
			dense(core.I32, core.Shape{2}), texts(t, core.Shape{}, good),
			[]*core.Tensor{none},
			`feature "a": got i32, want f32, i64 or string (ParseExample-C2)`,
		},
		{
			&parsing.ParseExample{Sparse: []parsing.SparseFeature{{Key: "a", Type: core.F32}, {Key: "a", Type: core.F32}}},
			texts(t, core.Shape{}, good), nil, `feature "a": is there twice (ParseExample-C2)`,
		},
		{
			&parsing.ParseExample{Ragged: []parsing.RaggedFeature{{Key: "a", Type: core.F32, SplitType: core.F32}}},
			texts(t, core.Shape{}, good), nil, `feature "a": got splits of f32, want i32 or i64 (ParseExample-C2)`,
		},
		{
			dense(core.F32, core.Shape{2, core.Unknown}), texts(t, core.Shape{}, good),
			[]*core.Tensor{none},
			`feature "a": got shape [2,?], want one that is known but for its first dimension (ParseExample-C3)`,
		},
		{
			two, texts(t, core.Shape{}, good),
			[]*core.Tensor{zero},
			"input 1 (default of a): got f32[], want f32[2], an empty one if the feature must be there, or one element where " +
				"the first dimension is not known (ParseExample-C4)",
		},
		{
			varies, texts(t, core.Shape{}, good),
			[]*core.Tensor{none},
			"input 1 (default of a): got f32[0], want f32[?,2], an empty one if the feature must be there, or one element " +
				"where the first dimension is not known (ParseExample-C4)",
		},
		{
			two, texts(t, core.Shape{2}, good, truncated),
			[]*core.Tensor{none},
			"input 0 (serialized): example 1: malformed: want a serialized tf.Example (ParseExample-C5)",
		},
		{
			two, texts(t, core.Shape{1}, string(wire.AppendBytes(nil, 1, wire.AppendBytes(nil, 1, append(
				wire.AppendString(nil, 1, "a"), wire.AppendBytes(nil, 2, wire.AppendBytes(nil, 2, []byte{0xff}))...))))),
			[]*core.Tensor{none},
			`input 0 (serialized): example 0: feature "a": malformed: want a serialized tf.Example (ParseExample-C5)`,
		},
		{
			two, texts(t, core.Shape{1}, example(feature{"a", []int64{1, 2}})),
			[]*core.Tensor{none},
			`input 0 (serialized): example 0: feature "a": got values of i64, want f32 (ParseExample-C6)`,
		},
		{
			two, texts(t, core.Shape{1}, example(feature{"a", []float32{1, 2, 3}})),
			[]*core.Tensor{none},
			`input 0 (serialized): example 0: feature "a": got 3 values, want [2] (ParseExample-C7)`,
		},
		{
			varies, texts(t, core.Shape{1}, example(feature{"a", []float32{1, 2, 3}})),
			[]*core.Tensor{zero},
			`input 0 (serialized): example 0: feature "a": got 3 values, want [?,2] (ParseExample-C7)`,
		},
		{
			two, texts(t, core.Shape{2}, good, example()),
			[]*core.Tensor{none},
			`input 0 (serialized): example 1: feature "a" (f32) is not there, and has no default (ParseExample-C8)`,
		},
	} {
		t.Run(test.want, func(t *testing.T) {
			_, err := core.EvalOp(test.op, append([]*core.Tensor{test.serialized}, test.otherwise...))
			require.EqualError(t, err, "ParseExample: "+test.want)
		})
	}
}

// One long example must not make a batch of many short ones take any amount of memory.
func TestParseExampleBoundsMemory(t *testing.T) {
	op := &parsing.ParseExample{
		Dense: []parsing.DenseFeature{{Key: "a", Type: core.I64, Shape: core.Shape{core.Unknown}}},
	}
	packed := make([]byte, 1<<20) // as many zeros
	long := string(wire.AppendBytes(nil, 1, wire.AppendBytes(nil, 1, append(
		wire.AppendString(nil, 1, "a"),
		wire.AppendBytes(nil, 2, wire.AppendBytes(nil, 3, wire.AppendBytes(nil, 1, packed)))...))))
	list := make([]string, 1<<12)
	list[0] = long
	_, err := core.EvalOp(op, []*core.Tensor{texts(t, core.Shape{len(list)}, list...), tensor(t, core.Shape{}, int64(0))})
	var memory *core.MemoryError
	require.ErrorAs(t, err, &memory)
	assert.True(t, memory.OneTensor)
}

// Whatever the bytes, there is a result or an error of the op.
func FuzzParseExample(f *testing.F) {
	f.Add(example(feature{"a", []float32{1, 2}}, feature{"b", []int64{3}}, feature{"c", []string{"x"}}))
	f.Add(string(protowire.AppendTag(nil, 1, protowire.StartGroupType)))
	op := &parsing.ParseExample{
		Sparse: []parsing.SparseFeature{{Key: "a", Type: core.F32}, {Key: "b", Type: core.I64}},
		Ragged: []parsing.RaggedFeature{{Key: "c", Type: core.String, SplitType: core.I32}},
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := core.StringTensor(core.Shape{2}, []string{text, ""})
		require.NoError(t, err)
		if _, err = core.EvalOp(op, []*core.Tensor{x}); err != nil {
			require.ErrorAs(t, err, new(*core.OpError))
		}
	})
}
