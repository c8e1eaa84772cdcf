package resize

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// Bicubic returns what weighs four rows of float32, and then four columns, as an op says.
func Bicubic(s isa.Set, op *vision.Resize, in, out core.Shape) Resizer {
	pixel := 4 * in[3]
	line, row := pixel*in[2], pixel*out[2]
	rows := op.Neighbours(in[1], out[1])
	numbers := make([][4]elementwise.Numbers, len(rows))
	for i, v := range rows {
		for k, w := range v.Weight {
			numbers[i][k].Scale = w
		}
	}
	var offsets []int32
	var weights []float32
	for _, h := range op.Neighbours(in[2], out[2]) {
		for k, at := range h.At {
			offsets, weights = append(offsets, int32(at*pixel)), append(weights, h.Weight[k])
		}
	}
	scaled, add := elementwise.Choose(s, elementwise.Scaled), elementwise.Choose(s, elementwise.AddScaled)
	weigh := pool.Choose(s, pool.WeighedF32)
	return Resizer{
		Bytes: line, Kernel: fmt.Sprintf("resize_f32_bicubic_%v", add.ISA),
		Run: func(b Buffers, m0, m1 int) {
			for m := m0; m < m1; m++ {
				at := &rows[m].At
				scaled.Run(b.Scratch, b.Image[at[0]*line:], nil, line/4, &numbers[m][0])
				for k := 1; k < 4; k++ {
					add.Run(b.Scratch, b.Scratch, b.Image[at[k]*line:], line/4, &numbers[m][k])
				}
				*b.Args = pool.Args{
					Channels: pixel / 4, Taps: 4, A: b.Scratch, Offsets: offsets, Counts: weights,
					C: b.Out[m*row:][:row], LDC: pixel,
				}
				weigh.Run(b.Args, 0, row/pixel)
			}
		},
	}
}
