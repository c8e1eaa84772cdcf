package kernels

import (
	"fmt"
	"testing"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// Operations of i32 wrap, whichever operand broadcasts.
func TestIntegerRows(t *testing.T) {
	for _, op := range []core.Op{
		&pointwise.Add{}, &pointwise.Subtract{}, &pointwise.Multiply{}, &pointwise.Maximum{}, &pointwise.Minimum{},
		&pointwise.Binary{Function: pointwise.BitwiseAnd}, &pointwise.Binary{Function: pointwise.BitwiseOr},
		&pointwise.Binary{Function: pointwise.BitwiseXor}, &pointwise.Binary{Function: pointwise.LeftShift},
		&pointwise.Binary{Function: pointwise.RightShift},
	} {
		for i, s := range [][2]core.Shape{
			{{2, 3, 33}, {2, 3, 33}},
			{{2, 3, 33}, {33}},
			{{33}, {2, 3, 33}},
			{{2, 3, 9}, {}},
			{{1}, {4, 17}},
			{{5, 1, 16}, {4, 1}},
			{{2, 1, 3, 8}, {1, 5, 1, 8}},
		} {
			t.Run(fmt.Sprintf("%s%v/%v,%v", core.OpName(op), op, s[0], s[1]), func(t *testing.T) {
				g := newGraph(t, uint64(i))
				g.result(g.apply(op, g.parameter(core.I32, s[0]), g.parameter(core.I32, s[1])))
				g.check(false, "_s32_")
			})
		}
	}
}

// Functions of two numbers, and remainders, as a chain with numbers for each channel, and row by row.
func TestFunctionsOfTwo(t *testing.T) {
	ops := []core.Op{&pointwise.FloorMod{}}
	for _, f := range []pointwise.BinaryFunction{
		pointwise.TruncateDivide, pointwise.TruncateMod, pointwise.DivideNoNan, pointwise.MultiplyNoNan,
		pointwise.Xdivy, pointwise.Xlogy, pointwise.Xlog1py, pointwise.Atan2,
	} {
		ops = append(ops, &pointwise.Binary{Function: f})
	}
	for i, op := range ops {
		t.Run(fmt.Sprintf("%s%v", core.OpName(op), op), func(t *testing.T) {
			g := newGraph(t, uint64(i))
			x, y := g.parameter(core.F32, core.Shape{3, 5, 33}), g.parameter(core.F32, core.Shape{3, 1, 33})
			z := g.apply(op, x, g.reals(33, 7, true))
			g.result(z)
			g.result(g.apply(op, z, x))
			g.result(g.apply(op, y, x))
			g.check(true, "elementwise_")
		})
	}
}

// Reals that i64 holds and that it does not, and i64 that float32 rounds.
func TestWideIntegers(t *testing.T) {
	g := newGraph(t, 9)
	x, y := g.parameter(core.F32, core.Shape{3, 5, 33}), g.parameter(core.I64, core.Shape{3, 5, 33})
	g.result(g.apply(&pointwise.Convert{Type: core.I64}, g.apply(&pointwise.Multiply{}, x, g.reals(33, 0x1p57, true))))
	g.result(g.apply(&pointwise.Convert{Type: core.F32}, y))
	g.check(true, "tos64", "elementwise_s64_")
}

// Classes of float32, one byte each.
func TestClasses(t *testing.T) {
	for _, class := range []pointwise.FloatClass{pointwise.NaN, pointwise.Infinite, pointwise.Finite} {
		g := newGraph(t, uint64(class))
		g.result(g.apply(&pointwise.Is{Class: class}, g.parameter(core.F32, core.Shape{7, 99})))
		g.check(true, "elementwise_b8_")
	}
}
