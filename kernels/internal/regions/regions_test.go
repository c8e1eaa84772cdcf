package regions

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core/geometry"
)

// convolution is a convolution, with the same geometry along each axis unless it has others.
type convolution struct {
	batch, rank int
	axis        geometry.Axis
	first       geometry.Axis // of the first axis, if it has a Window
	tapBytes    int
}

func (c convolution) String() string {
	name := fmt.Sprintf("batch=%d,rank=%d,tap=%d,%s", c.batch, c.rank, c.tapBytes, axisName(c.axis))
	if c.first.Window > 0 {
		name += ",first:" + axisName(c.first)
	}
	return name
}

func axisName(a geometry.Axis) string {
	return fmt.Sprintf("in=%d,window=%d,stride=%d,dilation=%d,of data=%d,pad=%d+%d",
		a.In, a.Window, max(a.Stride, 1), max(a.Dilation, 1), max(a.DataDilation, 1), a.PadBelow, a.PadAbove)
}

func (c convolution) axes() []geometry.Axis {
	axes := slices.Repeat([]geometry.Axis{c.axis}, c.rank)
	if c.first.Window > 0 {
		axes[0] = c.first
	}
	for i := range axes {
		a := &axes[i]
		a.DataDilation, a.Dilation, a.Stride = max(a.DataDilation, 1), max(a.Dilation, 1), max(a.Stride, 1)
		data := (a.In-1)*a.DataDilation + 1 + a.PadBelow + a.PadAbove
		a.Out = (data-(a.Window-1)*a.Dilation-1)/a.Stride + 1
	}
	return axes
}

// inside returns, for each row, which taps are not in the padding.
func (c convolution) inside() [][]int32 {
	rows := [][]int32{{0}}
	for _, a := range c.axes() {
		var next [][]int32
		for _, before := range rows {
			for o := range a.Out {
				taps := []int32{}
				for _, t := range before {
					for k := range a.Window {
						if _, inside := a.At(o, k); inside {
							taps = append(taps, t*int32(a.Window)+int32(k))
						}
					}
				}
				next = append(next, taps)
			}
		}
		rows = next
	}
	return slices.Repeat(rows, c.batch)
}

// TestOrder: an order has each row once (which gemm.NewOrder checks) and leaves out padding only. work is how many runs
// it reads, of all that there are and of those inside the data; 0 means that there is no order.
func TestOrder(t *testing.T) {
	same := func(in, window int) geometry.Axis {
		return geometry.Axis{In: in, Window: window, PadBelow: window / 2, PadAbove: (window - 1) / 2}
	}
	for _, c := range []struct {
		of                convolution
		work, all, inside int
	}{
		{convolution{batch: 1, rank: 2, axis: same(7, 1), tapBytes: 64}, 0, 49, 49},
		{convolution{batch: 1, rank: 2, axis: same(1, 3), tapBytes: 64}, 1, 9, 1},
		{convolution{batch: 5, rank: 2, axis: same(1, 3), tapBytes: 64}, 5, 45, 5},
		{convolution{batch: 1, rank: 2, axis: geometry.Axis{In: 9, Window: 3}, tapBytes: 64}, 0, 441, 441},
		{convolution{batch: 1, rank: 2, axis: same(7, 3), tapBytes: 512}, 369, 441, 361},
		{convolution{batch: 8, rank: 2, axis: same(7, 3), tapBytes: 512}, 2888, 3528, 2888},
		{convolution{batch: 1, rank: 2, axis: same(14, 3), tapBytes: 256}, 1608, 1764, 1600},
		{convolution{batch: 1, rank: 2, axis: same(56, 3), tapBytes: 64}, 27564, 28224, 27556},
		{convolution{batch: 1, rank: 2, axis: same(300, 3), tapBytes: 64}, 0, 810000, 806404},
		{convolution{batch: 1, rank: 2, axis: same(2, 3), tapBytes: 64}, 24, 36, 16},
		{convolution{batch: 6, rank: 2, axis: same(2, 3), tapBytes: 64}, 96, 216, 96},
		{convolution{batch: 1, rank: 2, axis: same(8, 5), tapBytes: 64}, 1240, 1600, 1156},
		{convolution{batch: 2, rank: 1, axis: same(40, 7), tapBytes: 64}, 536, 560, 536},
		{convolution{batch: 2, rank: 3, axis: same(5, 3), tapBytes: 64}, 4394, 6750, 4394},
		{
			convolution{batch: 1, rank: 2, axis: geometry.Axis{In: 14, Window: 3, Stride: 2, PadAbove: 1}, tapBytes: 64},
			402, 441, 400,
		},
		{
			convolution{
				batch: 1, rank: 2, axis: geometry.Axis{In: 9, Window: 3, Dilation: 4, PadBelow: 4, PadAbove: 4}, tapBytes: 64,
			},
			361, 729, 361,
		},
		{
			convolution{
				batch: 1, rank: 2, axis: same(6, 3), first: geometry.Axis{In: 3, Window: 3, PadBelow: 4, PadAbove: 9}, tapBytes: 64,
			},
			308, 756, 144,
		},
		{
			convolution{
				batch: 3, rank: 2, axis: geometry.Axis{In: 3, Window: 3, DataDilation: 2, PadBelow: 1, PadAbove: 1}, tapBytes: 64,
			},
			147, 675, 147,
		},
		{convolution{batch: 1, rank: 1, axis: same(100, 41), tapBytes: 64}, 0, 4100, 3680},
	} {
		t.Run(c.of.String(), func(t *testing.T) {
			work, all, within, _ := c.of.order(t, Kernel{Rows: 6, Tile: 40, Tap: 5, Least: 2})
			require.Equal(t, [3]int{c.work, c.all, c.inside}, [3]int{work, all, within})
		})
	}
}

// order checks an order and returns how many runs it reads, of all that there are and of those inside the data, and how
// many lines it has.
func (c convolution) order(t *testing.T, kernel Kernel) (work, all, within, lines int) {
	t.Helper()
	o, err := Order(c.batch, c.axes(), c.tapBytes, kernel)
	require.NoError(t, err)
	inside := c.inside()
	taps := 1
	for _, a := range c.axes() {
		taps *= a.Window
	}
	for _, in := range inside {
		all, within = all+taps, within+len(in)
	}
	if o == nil {
		return 0, all, within, 0
	}
	for r := range o.Within(0, len(inside)) {
		lines += r.Lines
		for m := range r.All() {
			work += len(r.Taps)
			require.Subset(t, r.Taps, inside[m], "row %d", m)
		}
	}
	return work, all, within, lines
}

// TestLines: if each line is a call of its own, lines without rows between them are one, and what a call costs decides
// how far the outputs are divided.
func TestLines(t *testing.T) {
	c := convolution{
		batch: 1, rank: 3, axis: geometry.Axis{In: 28, Window: 3, PadBelow: 1, PadAbove: 1},
		first: geometry.Axis{In: 16, Window: 3, PadBelow: 1, PadAbove: 1}, tapBytes: 64,
	}
	for _, k := range []struct{ line, work, lines int }{
		{0, 309336, 484}, {1, 309336, 484}, {150, 316512, 52}, {1500, 316848, 48}, {100000, 0, 0},
	} {
		t.Run(fmt.Sprint(k.line), func(t *testing.T) {
			work, all, within, lines := c.order(t, Kernel{Rows: 12, Tile: 20, Tap: 10, Least: 4, Line: k.line})
			require.Equal(t, [2]int{338688, 309304}, [2]int{all, within})
			require.Equal(t, [2]int{k.work, k.lines}, [2]int{work, lines})
		})
	}
}
