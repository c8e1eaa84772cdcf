package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/resize"
)

var (
	_ = lowers[vision.Resize](lowerResize)
	_ = lowers[vision.CropAndResize](lowerCropAndResize)
	_ = lowers[tensorflow.QuantizedResizeBilinear](lowerQuantizedResize)
)

func lowerResize(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*vision.Resize), n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	if op.Mode == vision.ResizeNearest {
		return lowerTaking(c, n)
	}
	typ := machine.TypeOf(in.Type)
	if !loops.Has(typ) || out.MustElements() == 0 || n.Outputs()[0].Type != core.F32 {
		return false, nil
	}
	var by resize.Resizer
	switch op.Mode {
	case vision.ResizeBilinear:
		rows, columns := op.Between(in.Shape[1], out[1]), op.Between(in.Shape[2], out[2])
		by = resize.Bilinear(c.isas, in.Shape, out, rows, columns)
	case vision.ResizeBicubic:
		by = resize.Bicubic(c.isas, op, in.Shape, out)
	default:
		return false, nil
	}
	src := c.buffer(n.Inputs()[0])
	if typ != dtype.F32 {
		src = c.emitReals(n, typ, src, in.Shape.MustElements())
	}
	c.emitResizer(n, src, c.newOutput(n.Out(0)), by)
	return true, nil
}

// emitReals appends an instruction that converts numbers to float32, and returns their buffer.
func (c *compiler) emitReals(n *core.Node, typ dtype.Type, src, elements int) int {
	wide, convert := c.newScratch(bounds.Product(4, elements)), loops.Convert(c.isas, typ, dtype.F32)
	c.emitElements(work{
		node: n, kernel: convert.Name, units: elements, reads: []int{src}, writes: []int{wide},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			convert.Run(r.Mem[wide][4*i0:], r.Mem[src][typ.Size()*i0:], i1-i0)
			return nil
		},
	})
	return wide
}

// lowerQuantizedResize lowers a QuantizedResizeBilinear of bytes or float32.
func lowerQuantizedResize(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*tensorflow.QuantizedResizeBilinear), n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	if in.Type == core.I32 || out.MustElements() == 0 || out.Equal(in.Shape) {
		return false, nil
	}
	src, dst := c.buffer(n.Inputs()[0]), 0
	if n.Inputs()[2].Constant() != nil && n.Inputs()[3].Constant() != nil {
		dst = c.newOutput(n.Out(0))
	} else {
		_, res := c.emitEval(n, "range", func(_ *machine.Run, in, _ []*core.Tensor) error { return op.CheckRange(in) })
		dst = res[0]
	}
	by := resize.Bilinear
	if in.Type == core.U8 {
		by = resize.BilinearBytes
	}
	rows, columns := op.Between(in.Type, in.Shape[1], out[1]), op.Between(in.Type, in.Shape[2], out[2])
	c.emitResizer(n, src, dst, by(c.isas, in.Shape, out, rows, columns))
	return true, nil
}

// emitResizer appends the instruction that resizes the images of a node from one buffer to another.
func (c *compiler) emitResizer(n *core.Node, src, dst int, by resize.Resizer) {
	size, in, out := n.Outputs()[0].Type.Size(), n.Inputs()[0].Shape(), n.Outputs()[0].Shape
	from, row, rows := size*in[1:].MustElements(), size*out[2]*out[3], out[1]
	c.emitUnits(work{
		node: n, kernel: by.Kernel, units: out[0] * rows, reads: []int{src}, writes: []int{dst}, scratch: by.Bytes,
		run: func(r *machine.Worker, scratch []byte, m, end int) error {
			for m < end {
				image, first := m/rows, m%rows
				last := first + min(rows-first, end-m)
				to := r.Mem[dst][image*rows*row:][:rows*row]
				by.Run(resize.Buffers{
					Image: r.Mem[src][image*from:][:from], Out: to, Scratch: scratch, Args: &r.Pool,
				}, first, last)
				m += last - first
			}
			return nil
		},
	})
}

// lowerCropAndResize lowers a CropAndResize, box by box.
func lowerCropAndResize(c *compiler, n *core.Node) (bool, error) {
	in, out := n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	typ := machine.TypeOf(in.Type)
	if !loops.Has(typ) || out.MustElements() == 0 || in.Shape.MustElements() == 0 {
		return false, nil
	}
	by := resize.NewCrops(c.isas, n.Op().(*vision.CropAndResize), in.Shape, out)
	src, boxes, indices := c.buffer(n.Inputs()[0]), c.buffer(n.Inputs()[1]), c.buffer(n.Inputs()[2])
	if typ != dtype.F32 {
		src = c.emitReals(n, typ, src, in.Shape.MustElements())
	}
	dst := c.newOutput(n.Out(0))
	state := c.newState(func() any {
		all := make([]resize.Places, c.threads)
		for i := range all {
			all[i] = by.NewPlaces()
		}
		return all
	})
	c.emitUnits(work{
		node: n, kernel: by.Kernel, units: out[0], reads: []int{src, boxes, indices}, writes: []int{dst},
		scratch: by.Bytes, run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			places := r.State[state].([]resize.Places)[r.Thread]
			all := resize.Buffers{Image: r.Mem[src], Out: r.Mem[dst], Scratch: scratch, Args: &r.Pool}
			for i := i0; i < i1; i++ {
				if err := by.Run(all, places, r.Mem[boxes], r.Mem[indices], i); err != nil {
					return n.Locate(err)
				}
			}
			return nil
		},
	})
	return true, nil
}
