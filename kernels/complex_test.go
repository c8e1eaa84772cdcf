package kernels

import (
	"testing"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// TestMovementOfComplexNumbers moves elements of 8 and of 16 bytes.
func TestMovementOfComplexNumbers(t *testing.T) {
	for _, typ := range []core.Type{core.C64, core.C128} {
		t.Run(typ.String(), func(t *testing.T) {
			g := newGraph(t, uint64(typ))
			s := core.Shape{2, 3, 4, 5}
			x := g.parameter(typ, s)
			ints := func(v ...int32) core.Value { return constant(core.Shape{len(v)}, v...) }
			move := func(op core.Op, in ...core.Value) { g.result(g.apply(op, append([]core.Value{x}, in...)...)) }
			for _, order := range [][]int{{3, 2, 1, 0}, {0, 2, 3, 1}, {1, 0, 2, 3}, {0, 1, 3, 2}} {
				move(&array.Transpose{Order: order})
			}
			for _, repeats := range [][]int32{{1, 1, 1, 3}, {2, 1, 3, 1}, {1, 4, 1, 1}} {
				move(&array.Tile{}, ints(repeats...))
			}
			for _, mode := range []array.PadMode{array.PadConstant, array.PadReflect, array.PadSymmetric} {
				pad := &array.Pad{Below: []int{1, 0, 2, 1}, Above: []int{0, 2, 1, 3}, Mode: mode}
				if mode == array.PadConstant {
					move(pad, g.parameter(typ, core.Shape{}))
				} else {
					move(pad)
				}
			}
			for axis := range s {
				move(&array.Concat{Axis: axis}, x)
				g.result(g.apply(&indexing.Gather{Axis: axis}, x, ints(1, 0, 1, 1)))
				g.result(g.apply(&array.Reverse{Axes: []int{axis}}, x))
			}
			for _, shape := range []core.Shape{{5}, {4, 1}, {3, 1, 1}, {2, 1, 1, 1}, {}} {
				y := g.parameter(typ, shape)
				g.result(g.apply(&array.BroadcastTo{}, y, ints(2, 3, 4, 5)))
				chosen := g.apply(&pointwise.Compare{Relation: pointwise.Less},
					g.parameter(core.U8, core.Shape{4, 5}), g.parameter(core.U8, core.Shape{4, 5}))
				g.result(g.apply(&pointwise.Select{}, chosen, x, y))
			}
			table := g.parameter(typ, core.Shape{256})
			g.result(g.apply(&pointwise.Lookup{}, g.parameter(core.U8, s), table))
			g.anyKernel = true
			g.check(false)
		})
	}
}
