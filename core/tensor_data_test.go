package core_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

func tensorOf[T core.Element](t *testing.T, elements ...T) *core.Tensor {
	x, err := core.TensorOf(core.Shape{len(elements)}, elements)
	require.NoError(t, err)
	return x
}

// access is what DataOf and NumbersOf have in common once T is chosen.
type access struct {
	name string
	of   func(x *core.Tensor) (any, error)
}

func data[T core.Element]() func(x *core.Tensor) (any, error) {
	return func(x *core.Tensor) (any, error) { return core.DataOf[T](x) }
}

func numbers[T int64 | float32 | float64]() func(x *core.Tensor) (any, error) {
	return func(x *core.Tensor) (any, error) { return core.NumbersOf[T](x) }
}

func TestElementsOfATensor(t *testing.T) {
	half, err := core.TensorOver(core.BF16, core.Shape{1}, []byte{0x80, 0x3f})
	require.NoError(t, err)
	text, err := core.StringTensor(core.Shape{1}, []string{"a"})
	require.NoError(t, err)
	const all = "boolean, i8, u8, i16, u16, i32, u32, i64, u64, bf16, f16, f32 or f64"
	for _, test := range []struct {
		access
		x    *core.Tensor
		want any
		err  string
	}{
		{access{"DataOf float32 of f32", data[float32]()}, tensorOf[float32](t, 1, 2), []float32{1, 2}, ""},
		{access{"DataOf bool of boolean", data[bool]()}, tensorOf(t, true, false), []bool{true, false}, ""},
		{access{"DataOf uint16 of bf16", data[uint16]()}, half, []uint16{0x3f80}, ""},
		{access{"DataOf int8 of nothing", data[int8]()}, tensorOf(t, []int8{}...), []int8{}, ""},
		{access{"DataOf int8 of f32", data[int8]()}, tensorOf[float32](t, 1), nil, "got a tensor of f32, want i8"},
		{
			access{"DataOf uint16 of f32", data[uint16]()},
			tensorOf[float32](t, 1), nil,
			"got a tensor of f32, want u16, bf16 or f16",
		},
		{access{"DataOf float32 of bf16", data[float32]()}, half, nil, "got a tensor of bf16, want f32"},
		{access{"DataOf uint8 of string", data[uint8]()}, text, nil, "got a tensor of string, want u8"},
		{access{"DataOf uint8 of no tensor", data[uint8]()}, nil, nil, "got no tensor, want u8"},
		{access{"DataOf uint8 of an empty Tensor", data[uint8]()}, &core.Tensor{}, nil, "got no tensor, want u8"},

		{access{"NumbersOf float32 of u8", numbers[float32]()}, tensorOf[uint8](t, 1, 255), []float32{1, 255}, ""},
		{access{"NumbersOf float32 of bf16", numbers[float32]()}, half, []float32{1}, ""},
		{access{"NumbersOf float64 of i64", numbers[float64]()}, tensorOf[int64](t, -3), []float64{-3}, ""},
		{access{"NumbersOf float64 of boolean", numbers[float64]()}, tensorOf(t, true), []float64{1}, ""},
		{access{"NumbersOf int64 of boolean", numbers[int64]()}, tensorOf(t, true, false), []int64{1, 0}, ""},
		{
			access{"NumbersOf int64 of f32", numbers[int64]()},
			tensorOf[float32](t, 1), nil,
			"got a tensor of f32, want boolean, i8, u8, i16, u16, i32, u32, i64 or u64",
		},
		{access{"NumbersOf float32 of string", numbers[float32]()}, text, nil, "got a tensor of string, want " + all},
		{access{"NumbersOf float64 of string", numbers[float64]()}, text, nil, "got a tensor of string, want " + all},
		{access{"NumbersOf float64 of no tensor", numbers[float64]()}, nil, nil, "got no tensor, want " + all},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.of(test.x)
			if test.err == "" {
				require.NoError(t, err)
				assert.Equal(t, test.want, got)
				return
			}
			assert.Empty(t, got)
			assert.EqualError(t, err, test.err)
			var typed *core.TypeError
			assert.ErrorAs(t, err, &typed)
		})
	}
}

// DataOf gives the elements themselves.
func TestDataOfDoesNotCopy(t *testing.T) {
	elements := []int32{1, 2}
	x, err := core.TensorOf(core.Shape{2}, elements)
	require.NoError(t, err)
	got, err := core.DataOf[int32](x)
	require.NoError(t, err)
	got[1] = 5
	assert.Equal(t, []int32{1, 5}, elements)
}
