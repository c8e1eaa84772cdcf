package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// resize interpolates images of float32 between rows and columns.
type resize struct {
	rows, columns           []vision.Between
	height, width, channels int // of the input
	subtract, multiply, add *elementwise.Variant
}

var _ = lowers[vision.Resize](lowerResize)

// lowerResize lowers bilinear interpolation of float32.
func lowerResize(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*vision.Resize), n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	if op.Mode != vision.ResizeBilinear || in.Type != core.F32 || out.MustElements() == 0 {
		return false, nil
	}
	s := &resize{
		rows: op.Between(in.Shape[1], out[1]), columns: op.Between(in.Shape[2], out[2]),
		height: in.Shape[1], width: in.Shape[2], channels: in.Shape[3],
		subtract: elementwise.Choose(c.isas, elementwise.Subtract),
		multiply: elementwise.Choose(c.isas, elementwise.Multiply),
		add:      elementwise.Choose(c.isas, elementwise.Add),
	}
	src := c.buffer(n.Inputs()[0])
	dst := c.newOutput(n.Out(0))
	row, images := productOf(4, out[2], out[3]), out[0]
	scratch := c.newScratch(productOf(c.threads, 3, row))
	kernel := fmt.Sprintf("resize_f32_bilinear_%v", s.add.ISA)
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp := r.Mem[scratch][r.Thread*3*row:][:3*row]
			all := images * len(s.rows)
			s.run(machine.View[float32](r.Mem[src]), r.Mem[dst], tmp, part*all/parts, (part+1)*all/parts)
			return nil
		},
	})
	return true, nil
}

// run computes rows [m0,m1) of all images. tmp holds two rows of the input, interpolated
// along the width, and the fraction of a row.
func (s *resize) run(x []float32, y, tmp []byte, m0, m1 int) {
	size := len(tmp) / 3
	wide := [2][]byte{tmp[:size], tmp[size : 2*size]}
	held := [2]int{-1, -1}
	fraction := tmp[2*size:]
	for m := m0; m < m1; m++ {
		first, v := m/len(s.rows)*s.height, s.rows[m%len(s.rows)]
		upper, lower := first+v.Lower, first+v.Upper
		if held[1] == upper {
			wide[0], wide[1], held[0], held[1] = wide[1], wide[0], held[1], held[0]
		}
		s.hold(x, wide[0], &held[0], upper)
		out := y[m*size:][:size]
		below := wide[0]
		if lower != upper {
			s.hold(x, wide[1], &held[1], lower)
			below = wide[1]
		}
		fillRow(machine.View[float32](fraction), v.Fraction)
		n := size / 4
		s.subtract.Run(out, below, wide[0], n, nil)
		s.multiply.Run(out, out, fraction, n, nil)
		s.add.Run(out, wide[0], out, n, nil)
	}
}

// hold interpolates a row of the input along the width, unless it is there.
func (s *resize) hold(x []float32, wide []byte, held *int, row int) {
	if *held == row {
		return
	}
	*held = row
	x = x[row*s.width*s.channels:][:s.width*s.channels]
	out := machine.View[float32](wide)
	for i, h := range s.columns {
		left, right := x[h.Lower*s.channels:][:s.channels], x[h.Upper*s.channels:][:s.channels]
		to := out[i*s.channels:][:s.channels]
		for c, v := range left {
			to[c] = v + float32((right[c]-v)*h.Fraction)
		}
	}
}
