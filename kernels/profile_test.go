package kernels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

// A convolution's operations are the same however many instructions compute it, and no
// instruction that only moves its data has any.
func TestOperationsAreCountedOnce(t *testing.T) {
	const side, channels = 5, 12
	s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadSameUpper}
	for _, groups := range []int{1, 3, channels} {
		filters := core.Shape{3, 3, channels / groups, channels}
		want := int64(2 * side * side * filters.MustElements())
		for _, typ := range []core.Type{core.I8, core.F32} {
			t.Run(fmt.Sprintf("%v, %d groups", typ, groups), func(t *testing.T) {
				g := newGraph(t, 1)
				data, w := g.parameter(typ, core.Shape{1, side, side, channels}), core.NewConstant(g.tensor(typ, filters, false))
				if typ == core.F32 {
					g.result(g.apply(&linear.Convolution{Spatial: s, Groups: groups}, data, w))
				} else {
					g.result(g.apply(&linear.IntegerConvolution{Spatial: s, Groups: groups}, data, w, scalar(int8(3)),
						scalar(int8(0))))
				}
				for _, o := range append(testOptions(), Options{Engine: Reference}) {
					p, err := Compile(g.f, nil, o)
					require.NoError(t, err)
					assert.Equal(t, want, p.Operations(), "%+v: %+v", o, p.Steps())
				}
			})
		}
	}
}
