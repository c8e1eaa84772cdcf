package kernels

import (
	"fmt"
	"testing"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// Sums, differences and products of i32 wrap, whichever operand broadcasts.
func TestIntegerRows(t *testing.T) {
	for _, op := range []core.Op{&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}} {
		for i, s := range [][2]core.Shape{
			{{2, 3, 33}, {2, 3, 33}},
			{{2, 3, 33}, {33}},
			{{33}, {2, 3, 33}},
			{{2, 3, 9}, {}},
			{{1}, {4, 17}},
			{{5, 1, 16}, {4, 1}},
			{{2, 1, 3, 8}, {1, 5, 1, 8}},
		} {
			t.Run(fmt.Sprintf("%s/%v,%v", core.OpName(op), s[0], s[1]), func(t *testing.T) {
				g := newGraph(t, uint64(i))
				g.result(g.apply(op, g.parameter(core.I32, s[0]), g.parameter(core.I32, s[1])))
				g.check(false, "rows_s32_portable")
			})
		}
	}
}
