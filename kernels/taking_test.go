package kernels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
)

// TestSlicesApart has slices whose elements lie apart, of elements of each size.
func TestSlicesApart(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		for i, c := range []struct {
			shape              core.Shape
			begin, end, stride []int32
			shrink             int
		}{
			{core.Shape{3, 5, 7, 3}, []int32{0, 0, 0, 1}, []int32{3, 5, 7, 2}, []int32{1, 1, 1, 1}, 8},
			{core.Shape{3, 5, 7, 3}, []int32{0, 0, 0, 2}, []int32{3, 5, 7, -4}, []int32{1, 1, 1, -1}, 0},
			{core.Shape{3, 5, 7, 3}, []int32{2, 4, 6, 0}, []int32{-9, -9, -9, 3}, []int32{-1, -2, -3, 1}, 0},
			{core.Shape{4, 1500}, []int32{1, 3}, []int32{4, 1500}, []int32{2, 1}, 0},
			{core.Shape{4, 5000}, []int32{0, 0}, []int32{4, 5000}, []int32{1, 2}, 0},
			{core.Shape{2, 60, 40, 2}, []int32{0, 1, 1, 1}, []int32{2, 59, 39, 2}, []int32{1, 1, 1, 1}, 0},
			{core.Shape{9, 6}, []int32{8, 1}, []int32{-10, 4}, []int32{-2, 1}, 0},
		} {
			t.Run(fmt.Sprintf("%v,%d", typ, i), func(t *testing.T) {
				g := newGraph(t, uint64(i))
				x, items := g.loopParameter(typ, c.shape, false), core.Shape{len(c.begin)}
				g.result(g.apply(&indexing.StridedSlice{ShrinkAxisMask: c.shrink}, x,
					constant(items, c.begin...), constant(items, c.end...), constant(items, c.stride...)))
				size := make([]int32, len(c.shape))
				from := make([]int32, len(c.shape))
				for k, d := range c.shape {
					from[k] = int32(min(1, d-1))
					size[k] = int32(d) - from[k]
				}
				g.result(g.apply(&indexing.Slice{}, x, constant(items, from...), constant(items, size...)))
				g.check(false, "take")
			})
		}
	}
}

// TestRepetitions repeats elements along inner and outer axes.
func TestRepetitions(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		for i, c := range []struct{ from, to core.Shape }{
			{core.Shape{3, 5, 1}, core.Shape{3, 5, 100}},
			{core.Shape{3, 5, 1}, core.Shape{3, 5, 3}},
			{core.Shape{3, 1, 5, 1}, core.Shape{3, 40, 5, 17}},
			{core.Shape{2, 1, 700}, core.Shape{2, 9, 700}},
			{core.Shape{1, 3}, core.Shape{5000, 3}},
			{core.Shape{1, 3, 1, 5, 1, 2}, core.Shape{2, 3, 2, 5, 2, 2}},
		} {
			t.Run(fmt.Sprintf("%v,%d", typ, i), func(t *testing.T) {
				g := newGraph(t, uint64(i))
				x := g.loopParameter(typ, c.from, false)
				shape, repeats := make([]int32, len(c.to)), make([]int32, len(c.to))
				for k, d := range c.to {
					shape[k], repeats[k] = int32(d), int32(1+d%3)
				}
				g.result(g.apply(&array.BroadcastTo{}, x, constant(core.Shape{len(c.to)}, shape...)))
				g.result(g.apply(&array.Tile{}, x, constant(core.Shape{len(c.to)}, repeats...)))
				g.result(g.apply(&array.Reverse{Axes: []int{-1, 0}}, x))
				g.check(false, "take")
			})
		}
	}
}

// TestShortLines pads and gathers short lines.
func TestShortLines(t *testing.T) {
	for i, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		for _, below := range [][]int{{0, 0, 0, 0}, {0, 1, 2, 0}, {1, 0, 0, 3}} {
			for _, channels := range []int{1, 3, 4, 70} {
				t.Run(fmt.Sprintf("%v,%v,%d", typ, below, channels), func(t *testing.T) {
					g := newGraph(t, uint64(i))
					x := g.loopParameter(typ, core.Shape{2, 4, 9, channels}, false)
					value := core.NewConstant(g.tensor(typ, core.Shape{}, false))
					g.result(g.apply(&array.Pad{Below: below, Above: []int{0, 1, 0, 1}}, x, value))
					at := constant(core.Shape{2, 3}, int32(3), 0, 1, 1, 2, 0)
					computed := g.parameter(core.I32, core.Shape{2, 3})
					g.fixed[computed.Node.Name] = at.Constant()
					for axis := range 3 {
						if axis != 0 {
							g.result(g.apply(&indexing.Gather{Axis: axis}, x, at))
							g.result(g.apply(&indexing.Gather{Axis: axis}, x, computed))
						}
					}
					g.check(false, "pad", "gather", "take")
				})
			}
		}
	}
}

// TestBlocksOfBatches moves blocks into the batch, with and without padding, and back, with and without cropping.
func TestBlocksOfBatches(t *testing.T) {
	for i, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		for _, ends := range [][]int32{{0, 0, 0, 0}, {1, 1, 2, 4}} {
			for _, channels := range []int{1, 3, 70} {
				t.Run(fmt.Sprintf("%v,%v,%d", typ, ends, channels), func(t *testing.T) {
					g := newGraph(t, uint64(i))
					block, sides := constant(core.Shape{2}, int32(2), 3), constant(core.Shape{2, 2}, ends...)
					x := g.loopParameter(typ, core.Shape{2, 4, 9, channels}, false)
					g.result(g.apply(&array.SpaceToBatch{}, x, block, sides))
					batches := g.loopParameter(typ, core.Shape{12, 2, 3, channels}, false)
					g.result(g.apply(&array.BatchToSpace{}, batches, block, sides))
					g.check(false, "transpose")
				})
			}
		}
	}
}

// TestOneHot marks indices, inside and outside, along each axis.
func TestOneHot(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.F16, core.F32, core.I64} {
		for _, axis := range []int{-1, 0, 1, 2} {
			t.Run(fmt.Sprintf("%v,%d", typ, axis), func(t *testing.T) {
				g := newGraph(t, uint64(axis+1))
				x := g.parameter(core.I32, core.Shape{3, 4})
				at := g.tensor(core.I32, core.Shape{3, 4}, false)
				copy(core.Data[int32](at), []int32{0, 1, 2, 3, 4, 5, -1, 6, 2, 2, 0})
				g.fixed = map[string]*core.Tensor{x.Node.Name: at}
				on := core.NewConstant(g.tensor(typ, core.Shape{}, false))
				off := core.NewConstant(g.tensor(typ, core.Shape{}, false))
				g.result(g.apply(&indexing.OneHot{Axis: axis}, x, scalar(int32(5)), on, off))
				g.check(false, "onehot")
			})
		}
	}
}

// TestPairsOfMatrices has batches that broadcast, and first operands that are transposed.
func TestPairsOfMatrices(t *testing.T) {
	for i, c := range []struct{ a, b core.Shape }{
		{core.Shape{3, 4}, core.Shape{3, 4}},
		{core.Shape{2, 3}, core.Shape{2, 1}},
		{core.Shape{2, 1}, core.Shape{1, 3}},
		{core.Shape{1}, core.Shape{2, 3}},
		{core.Shape{2, 1, 3}, core.Shape{5, 1}},
		{core.Shape{}, core.Shape{4}},
	} {
		for _, op := range []*linear.BatchDot{
			{}, {TransposeA: true}, {TransposeB: true}, {TransposeA: true, TransposeB: true},
		} {
			t.Run(fmt.Sprintf("%v,%v,%+v", c.a, c.b, *op), func(t *testing.T) {
				g := newGraph(t, uint64(i))
				a, b := append(c.a.Clone(), 7, 33), append(c.b.Clone(), 33, 19)
				if op.TransposeA {
					a = append(c.a.Clone(), 33, 7)
				}
				if op.TransposeB {
					b = append(c.b.Clone(), 19, 33)
				}
				g.result(g.apply(op, g.parameter(core.F32, a), g.parameter(core.F32, b)))
				g.check(false, "gemm_f32f32_")
			})
		}
	}
}

// TestTablesOfHalves has the functions of 16-bit reals that round on the way.
func TestTablesOfHalves(t *testing.T) {
	for _, typ := range []core.Type{core.BF16, core.F16} {
		for _, a := range []numeric.Activation{numeric.Sigmoid, numeric.Elu, numeric.LeakyRelu} {
			g := newGraph(t, uint64(a))
			x := g.loopParameter(typ, core.Shape{20, 1000}, true)
			g.result(g.apply(&pointwise.Activate{Activation: a, Alpha: 0.1}, x))
			g.check(false, "table_b16_")
		}
	}
}

// TestLogSoftmaxOfRows has rows of every kind of length.
func TestLogSoftmaxOfRows(t *testing.T) {
	for _, n := range []int{1, 2, 3, 15, 16, 17, 33, 47, 48, 100} {
		g := newGraph(t, uint64(n))
		g.result(g.apply(&normalize.LogSoftmax{}, g.parameter(core.F32, core.Shape{37, n})))
		g.result(g.apply(&normalize.LogSoftmax{}, g.parameter(core.F32, core.Shape{3, 700, n})))
		g.check(n > 2, "softmax")
	}
}

// TestResizeOfOtherTypes has images of other types than float32.
func TestResizeOfOtherTypes(t *testing.T) {
	for _, typ := range []core.Type{core.U8, core.I8, core.I16, core.I32, core.F64, core.F16, core.BF16} {
		t.Run(typ.String(), func(t *testing.T) {
			g := newGraph(t, uint64(typ))
			shape := core.Shape{2, 5, 7, 3}
			x := g.parameter(typ, shape)
			if !typ.IsHalf() {
				x = g.loopParameter(typ, shape, false)
			}
			size := constant(core.Shape{2}, int32(9), 4)
			for _, mode := range []vision.ResizeMode{vision.ResizeBilinear, vision.ResizeBicubic} {
				g.result(g.apply(&vision.Resize{Mode: mode}, x, size))
			}
			boxes := constant(core.Shape{2, 4}, float32(0), 0.1, 0.8, 1, 0.7, 0.2, -0.1, 0.9)
			g.result(g.apply(&vision.CropAndResize{}, x, boxes, constant(core.Shape{2}, int32(1), 0), size))
			g.check(false, "resize_f32_bilinear_", "resize_f32_bicubic_")
		})
	}
}

// The conversion in front of a resizing has the name of the kernel that computes it.
func TestResizeNamesItsConversion(t *testing.T) {
	g := newGraph(t, 1)
	size := constant(core.Shape{2}, int32(9), 4)
	g.result(g.apply(&vision.Resize{}, g.parameter(core.I32, core.Shape{2, 5, 7, 3}), size))
	for _, o := range testOptions() {
		p, err := Compile(g.f, nil, o)
		require.NoError(t, err)
		require.Equal(t, loops.Convert(o.isas(), dtype.I32, dtype.F32).Name, p.Steps()[0].Kernel, "%+v", o)
	}
}
