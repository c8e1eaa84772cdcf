package kernels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// TestBlocks moves blocks between space and depth, in both layouts and elements of each size.
func TestBlocks(t *testing.T) {
	types := []core.Type{core.U8, core.BF16, core.F32, core.I64}
	for seed := range uint64(64) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGraph(t, seed)
			typ, layout, b := types[seed%4], core.Layout(seed/4%2), 2+g.r.IntN(3)
			n, h, w, channels := 1+g.r.IntN(3), 1+g.r.IntN(5), 1+g.r.IntN(40), 1+g.r.IntN(5)
			space, depth := core.Shape{n, h * b, w * b, channels}, core.Shape{n, h, w, channels * b * b}
			if layout == core.NCHW {
				space, depth = core.Shape{n, channels, h * b, w * b}, core.Shape{n, channels * b * b, h, w}
			}
			x, y := g.parameter(typ, space), g.parameter(typ, depth)
			g.fixed = map[string]*core.Tensor{}
			for _, v := range []core.Value{x, y} {
				data, err := core.NewTensor(typ, v.Shape())
				require.NoError(t, err)
				for i := range data.Bytes() {
					data.Bytes()[i] = byte(g.r.IntN(256))
				}
				g.fixed[v.Node.Name] = data
			}
			g.result(g.apply(&core.SpaceToDepth{Layout: layout, BlockSize: b}, x))
			g.result(g.apply(&core.DepthToSpace{Layout: layout, BlockSize: b}, y))
			g.check(false, "transpose")
		})
	}
}
