package compare

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

func TestTensors(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name              string
		got, want         []float32
		differing, beyond int
		maxAbs            float64
		at                []int
	}{
		{"equal", []float32{1, 2, nan}, []float32{1, 2, nan}, 0, 0, 0, nil},
		{"within", []float32{1, 2, 3}, []float32{1, 2, 3.000001}, 1, 0, 9.5367431640625e-07, []int{2}},
		{"beyond", []float32{1, 2, 3}, []float32{1, 2.5, 3.25}, 2, 2, 0.5, []int{1}},
		{"NaN against a number", []float32{1, nan, 3}, []float32{1, 2, 3}, 1, 1, -1, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := core.TensorOf(core.Shape{3}, c.got)
			require.NoError(t, err)
			w, err := core.TensorOf(core.Shape{3}, c.want)
			require.NoError(t, err)
			r, err := Tensors("x", g, w, DefaultTolerance)
			require.NoError(t, err)
			require.Equal(t, c.differing, r.Differing)
			require.Equal(t, c.beyond, r.Beyond)
			require.Equal(t, c.maxAbs, r.MaxAbs)
			require.Equal(t, c.at, r.At)
		})
	}
}

func TestIntegersMustBeEqual(t *testing.T) {
	g, _ := core.TensorOf(core.Shape{2}, []int8{1, 2})
	w, _ := core.TensorOf(core.Shape{2}, []int8{1, 3})
	r, err := Tensors("q", g, w, Tolerance{Abs: 10})
	require.NoError(t, err)
	require.False(t, r.Equal())
	_, err = Tensors("q", g, core.Scalar(int8(1)), DefaultTolerance)
	require.ErrorContains(t, err, `output "q": got shape [2], the expected array has []`)
}
