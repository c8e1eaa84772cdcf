package compare_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

func one(t *testing.T, got, want *core.Tensor) compare.Tensor {
	return compare.Compare([]compare.Pair{{Name: "x", Got: got, Want: want}}, compare.DefaultTolerance()).Tensors[0]
}

func TestExtents(t *testing.T) {
	x := tensor(t, core.Shape{4}, uint8(0), 10, 63, 255)
	e := one(t, x, tensor(t, core.Shape{4}, uint8(0), 10, 63, 63)).Values
	assert.Equal(t, compare.Extent{Lowest: 0, Highest: 255, Saturated: 0.5, Used: 1}, e.Got)
	assert.Equal(t, compare.Extent{Lowest: 0, Highest: 63, Saturated: 0.25, Used: 0.25}, e.Want)

	f := tensor(t, core.Shape{5}, float32(math.NaN()), -2, float32(math.Inf(1)), 3, float32(math.NaN()))
	r := one(t, f, f)
	assert.Equal(t, compare.Extent{Lowest: -2, Highest: compare.Number(math.Inf(1)), NaN: 2, Infinite: 1}, r.Values.Want)
	_, err := json.Marshal(r)
	require.NoError(t, err)

	none := one(t, tensor[int8](t, core.Shape{0}), tensor[int8](t, core.Shape{0}))
	assert.True(t, math.IsNaN(float64(none.Values.Got.Lowest)))
}

func TestULPs(t *testing.T) {
	next := func(x float32, n int) float32 {
		for range n {
			x = math.Nextafter32(x, 4)
		}
		return x
	}
	for name, test := range map[string]struct{ got, want, ulps float64 }{
		"equal":          {1, 1, 0},
		"zeros":          {math.Copysign(0, -1), 0, 0},
		"next":           {1, float64(next(1, 1)), 1},
		"below a power":  {float64(next(0.99999994, 3)), float64(float32(0.99999994)), 3},
		"across zero":    {-math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32, 2},
		"not finite":     {math.Inf(1), 1, math.Inf(1)},
		"smallest to -0": {math.Copysign(0, -1), math.SmallestNonzeroFloat32, 1},
	} {
		t.Run(name, func(t *testing.T) {
			x := one(t, tensor(t, core.Shape{1}, float32(test.got)), tensor(t, core.Shape{1}, float32(test.want)))
			assert.Equal(t, compare.Number(test.ulps), x.MaxULP)
		})
	}
	d := one(t, tensor(t, core.Shape{1}, 1.0), tensor(t, core.Shape{1}, math.Nextafter(1, 2)))
	assert.Equal(t, compare.Number(1), d.MaxULP, "of the type: f64")
	b, err := core.TensorOver(core.BF16, core.Shape{1}, []byte{0x80, 0x3f})
	require.NoError(t, err)
	c, err := core.TensorOver(core.BF16, core.Shape{1}, []byte{0x82, 0x3f})
	require.NoError(t, err)
	assert.Equal(t, compare.Number(2), one(t, b, c).MaxULP, "of the type: bf16")
}
