package affine

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/postop"
)

// A sum with a rounded product is off by one step at most, for all summands and for products from one end of the reals
// to the other.
func TestRoundedProduct(t *testing.T) {
	for _, test := range []struct {
		summand core.Type
		by, to  float64
		lo, hi  int64
		zero    int64
		want    bool
	}{
		{core.U8, 0.06, 1 / 0.0625, 0, 255, 0, true},
		{core.U8, 0.0625, 1 / 0.07, 0, 255, 3, true},
		{core.U8, 0.0625, 1 / 0.0625, 0, 255, 0, false},
		{core.U8, 0.001, 3, 0, 255, 0, true},
		{core.I8, 0.076, 1 / 0.0645, 0, 127, 0, true},
		{core.I8, 0.097, 1 / 0.0631, 0, 127, 0, false},
		{core.I8, 0.5, 1.5, -128, 127, -5, true},
		{core.I8, 0.5, 1.5, 7, 7, 0, true},
		{core.U8, 1e-6, 1, 7, 7, 0, true},
	} {
		t.Run(fmt.Sprintf("%v_%v_%v_%v", test.summand, test.by, test.to, test.hi), func(t *testing.T) {
			p, err := core.NewNamedNode("s", &core.Parameter{Type: test.summand, Shape: core.Shape{1}})
			require.NoError(t, err)
			a := &Affine{
				Lo: math.Inf(-1), Hi: math.Inf(1), To: test.to, Zero: test.zero, Summand: p.Out(0), By: test.by,
				Last: postop.Step{Lo: test.lo, Hi: test.hi},
			}
			rounding, ok := a.RoundedProduct(Reals())
			scale, zero := rounding.Scale, rounding.Zero
			require.Equal(t, test.want, ok)
			if !ok {
				return
			}
			assert.False(t, rounding.Saturates)
			result := func(product float64, summand int64) float64 {
				y := math.RoundToEven((product+test.by*float64(summand))*test.to) + float64(test.zero)
				return min(max(y, float64(test.lo)), float64(test.hi))
			}
			first, last := test.summand.Bounds()
			worst := 0.0
			for i := -300; i < 600; i++ {
				for _, part := range []float64{0, 0.25, 0.499, 0.5, 0.501} {
					x := (float64(i) + part - float64(zero)) * float64(scale)
					q := min(max(math.RoundToEven(x/float64(scale))+float64(zero), 0), 255)
					rounded := (q - float64(zero)) * float64(scale)
					for s := first; s <= last; s++ {
						worst = max(worst, math.Abs(result(x, s)-result(rounded, s)))
					}
				}
			}
			assert.LessOrEqual(t, worst, 1.0)
		})
	}
}

// The range of the products that are known makes the steps finer, unless the others decide nothing.
func TestRoundedProductOfARange(t *testing.T) {
	p, err := core.NewNamedNode("s", &core.Parameter{Type: core.U8, Shape: core.Shape{1}})
	require.NoError(t, err)
	a := &Affine{
		Lo: math.Inf(-1), Hi: math.Inf(1), To: 1, Summand: p.Out(0), By: 2, Last: postop.Step{Lo: 0, Hi: 255},
	}
	for _, test := range []struct {
		of   Range
		want Rounding
		ok   bool
	}{
		{Reals(), Rounding{}, false},
		{Range{-600, 300}, Rounding{}, false},
		{Range{-51, 204}, Rounding{1, 51, true}, true},
		{Range{-51, 600}, Rounding{float32(254.5+51) / 255, 43, true}, true},
		{Range{51, 255}, Rounding{float32(254.5) / 255, 0, true}, true}, // with 0, which has to be one of the values
		{Range{-255, -51}, Rounding{1, 255, true}, true},
		{Range{0, 0}, Rounding{}, false},
	} {
		got, ok := a.RoundedProduct(test.of)
		assert.Equal(t, test.ok, ok, "%v", test.of)
		assert.Equal(t, test.want, got, "%v", test.of)
	}
}
