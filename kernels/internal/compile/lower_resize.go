package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

var (
	_ = lowers[vision.Resize](lowerResize)
	_ = lowers[vision.CropAndResize](lowerCropAndResize)
	_ = lowers[tensorflow.QuantizedResizeBilinear](lowerQuantizedResize)
)

// resizing changes the height and width of images, one axis after the other. Each axis has tables of weights and
// positions. Rows are processed as vectors of all their channels.
type resizing struct {
	tmp  int // bytes of scratch
	name string
	// run computes rows [m0,m1) of an output image.
	run func(r *machine.Worker, image, out, tmp []byte, m0, m1 int)
}

func lowerResize(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*vision.Resize), n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	typ, ok := loopTypes[in.Type]
	if !ok || out.MustElements() == 0 || n.Outputs()[0].Type != core.F32 {
		return false, nil
	}
	var s *resizing
	switch op.Mode {
	case vision.ResizeBilinear:
		s = c.newBilinear(in.Shape, out).resizing(op.Between(in.Shape[1], out[1]), op.Between(in.Shape[2], out[2]))
	case vision.ResizeBicubic:
		s = c.newBicubic(op, in.Shape, out)
	default:
		return false, nil
	}
	src := c.buffer(n.Inputs()[0])
	if typ != loops.F32 {
		src = c.emitReals(n, typ, src, in.Shape.MustElements())
	}
	c.emitResizing(n, src, c.newOutput(n.Out(0)), s)
	return true, nil
}

// emitReals appends an instruction that converts numbers to float32, and returns their buffer.
func (c *compiler) emitReals(n *core.Node, typ loops.Type, src, elements int) int {
	wide, convert := c.newScratch(productOf(4, elements)), loops.Convert(typ, loops.F32)
	c.emit(machine.Instruction{
		Node: n, Kernel: fmt.Sprintf("%v_to_f32_portable", typ), Splits: true, Reads: []int{src}, Writes: []int{wide},
		Run: func(r *machine.Worker, part, parts int) error {
			if i0, i1 := splitElements(elements, part, parts); i0 < i1 {
				convert(r.Mem[wide][4*i0:], r.Mem[src][typ.Size()*i0:], i1-i0)
			}
			return nil
		},
	})
	return wide
}

// lowerQuantizedResize lowers a QuantizedResizeBilinear of bytes or float32. The fixed-point numbers of bytes are
// computed in float32, which holds all of them exactly: they have at most 16 bits.
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
	b := c.newBilinear(in.Shape, out)
	if in.Type == core.U8 {
		b.bytes = c.newResizedBytes()
	}
	rows, columns := op.Between(in.Type, in.Shape[1], out[1]), op.Between(in.Type, in.Shape[2], out[2])
	c.emitResizing(n, src, dst, b.resizing(rows, columns))
	return true, nil
}

// emitResizing appends the instruction that resizes the images of a node from one buffer to another.
func (c *compiler) emitResizing(n *core.Node, src, dst int, s *resizing) {
	size, in, out := n.Outputs()[0].Type.Size(), n.Inputs()[0].Shape(), n.Outputs()[0].Shape
	from, row, rows, all := size*in[1:].MustElements(), size*out[2]*out[3], out[1], out[0]*out[1]
	scratch := c.newScratch(productOf(c.threads, s.tmp))
	c.emit(machine.Instruction{
		Node: n, Kernel: s.name, Splits: true, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp := r.Mem[scratch][r.Thread*s.tmp:][:s.tmp]
			for m, end := part*all/parts, (part+1)*all/parts; m < end; {
				image, first := m/rows, m%rows
				last := first + min(rows-first, end-m)
				s.run(r, r.Mem[src][image*from:][:from], r.Mem[dst][image*rows*row:][:rows*row], tmp, first, last)
				m += last - first
			}
			return nil
		},
	})
}

// places say where the rows and columns of an output image lie in the input image.
type places struct {
	rows, columns []vision.Between
	offsets       []int32               // byte offsets in a row: of both neighbours of each column
	fractions     []float32             // of each column
	numbers       []elementwise.Numbers // of each row
}

func newPlaces(rows, columns []vision.Between) *places {
	return &places{
		rows: rows, columns: columns, offsets: make([]int32, 2*len(columns)), fractions: make([]float32, len(columns)),
		numbers: make([]elementwise.Numbers, len(rows)),
	}
}

// fill computes the tables from rows and columns; pixel is the size of a pixel in bytes.
func (p *places) fill(pixel int) {
	for i, h := range p.columns {
		p.offsets[2*i], p.offsets[2*i+1] = int32(max(h.Lower, 0)*pixel), int32(h.Upper*pixel)
		p.fractions[i] = h.Fraction
	}
	for i, v := range p.rows {
		p.numbers[i].Scale = v.Fraction
	}
}

// bilinear interpolates between columns, then between rows.
type bilinear struct {
	pixel, line, row int // bytes per pixel, per row of the input and per row of the output, as float32
	columns          int // of the output
	between          *pool.Variant
	interpolate      *elementwise.Variant
	bytes            *resizedBytes // nil for images of float32
}

// resizedBytes is the part of bilinear that is different for bytes. An output row is
// floor(top + trunc(bottom-top)*fraction + 1/2).
type resizedBytes struct {
	real, subtract, trunc, add, floor *elementwise.Variant
	one                               elementwise.Numbers
	limits                            []byte // of floor
}

func (c *compiler) newBilinear(in, out core.Shape) *bilinear {
	pixel := 4 * in[3]
	return &bilinear{
		pixel: pixel, line: pixel * in[2], row: pixel * out[2], columns: out[2],
		between: pool.Choose(c.isas, pool.InterpolateF32), interpolate: elementwise.Choose(c.isas, elementwise.Interpolate),
	}
}

func (c *compiler) newResizedBytes() *resizedBytes {
	return &resizedBytes{
		real: elementwise.Choose(c.isas, elementwise.ConvertU8), subtract: elementwise.Choose(c.isas, elementwise.Subtract),
		trunc: elementwise.Choose(c.isas, elementwise.Trunc), add: elementwise.Choose(c.isas, elementwise.AddScaled),
		floor: elementwise.Choose(c.isas, elementwise.Affine), one: elementwise.Numbers{Scale: 1},
		limits: machine.Bytes([]int32{0, 0, 255}),
	}
}

func (b *bilinear) name() string {
	if b.bytes != nil {
		return fmt.Sprintf("resize_u8_bilinear_%v", b.bytes.floor.ISA)
	}
	return fmt.Sprintf("resize_f32_bilinear_%v", b.interpolate.ISA)
}

// scratch returns how many bytes of scratch run needs.
func (b *bilinear) scratch() int {
	if b.bytes != nil {
		return 2*b.row + max(b.line, 4*foldBlock)
	}
	return 2 * b.row
}

// resizing returns the resizing whose rows and columns lie at the given places.
func (b *bilinear) resizing(rows, columns []vision.Between) *resizing {
	p := newPlaces(rows, columns)
	p.fill(b.pixel)
	return &resizing{
		tmp: b.scratch(), name: b.name(), run: func(r *machine.Worker, image, out, tmp []byte, m0, m1 int) {
			b.run(r, p, image, out, tmp, m0, m1)
		},
	}
}

// run computes rows [m0,m1) of an output image, except rows that lie outside of the input. tmp holds two input
// rows that are interpolated between columns.
func (b *bilinear) run(r *machine.Worker, p *places, image, out, tmp []byte, m0, m1 int) {
	wide, held, rest := [2][]byte{tmp[:b.row], tmp[b.row : 2*b.row]}, [2]int{-1, -1}, tmp[2*b.row:]
	for m := m0; m < m1; m++ {
		v := &p.rows[m]
		if v.Lower < 0 {
			continue
		}
		if held[1] == v.Lower {
			wide[0], wide[1], held[0], held[1] = wide[1], wide[0], held[1], held[0]
		}
		b.hold(r, p, image, wide[0], rest, &held[0], v.Lower)
		below := wide[0]
		if v.Upper != v.Lower {
			b.hold(r, p, image, wide[1], rest, &held[1], v.Upper)
			below = wide[1]
		}
		if b.bytes != nil {
			row := b.row / 4
			b.bytes.join(out[m*row:][:row], wide[0], below, rest, &p.numbers[m])
			continue
		}
		b.interpolate.Run(out[m*b.row:][:b.row], wide[0], below, b.row/4, &p.numbers[m])
	}
}

// hold interpolates an input row between columns into wide, unless wide already holds that row.
func (b *bilinear) hold(r *machine.Worker, p *places, image, wide, tmp []byte, held *int, row int) {
	if *held == row {
		return
	}
	*held = row
	from := image
	if b.bytes == nil {
		from = image[row*b.line:][:b.line]
	} else {
		n := b.line / 4
		from = tmp[:b.line]
		b.bytes.real.Run(from, image[row*n:], nil, n, &b.bytes.one)
	}
	r.Pool = pool.Args{
		Channels: b.pixel / 4, Taps: 2, A: from, Offsets: p.offsets, Counts: p.fractions, C: wide, LDC: b.pixel,
	}
	b.between.Run(&r.Pool, 0, b.columns)
}

// join computes an output row of bytes from the rows of float32 above and below it.
func (s *resizedBytes) join(out, top, bottom, tmp []byte, fraction *elementwise.Numbers) {
	for at := 0; at < len(out); at += foldBlock {
		n := min(foldBlock, len(out)-at)
		above := top[4*at:][:4*n]
		s.subtract.Run(tmp, bottom[4*at:], above, n, nil)
		s.trunc.Run(tmp, tmp, nil, n, nil)
		s.add.Run(tmp, above, tmp, n, fraction)
		s.floor.Run(out[at:], tmp, s.limits, n, &s.one)
	}
}

// newBicubic returns a resizing that weighs rows first, then columns.
func (c *compiler) newBicubic(op *vision.Resize, in, out core.Shape) *resizing {
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
	scaled, add := elementwise.Choose(c.isas, elementwise.Scaled), elementwise.Choose(c.isas, elementwise.AddScaled)
	weigh := pool.Choose(c.isas, pool.WeighedF32)
	return &resizing{
		tmp: line, name: fmt.Sprintf("resize_f32_bicubic_%v", add.ISA),
		run: func(r *machine.Worker, image, out, tmp []byte, m0, m1 int) {
			for m := m0; m < m1; m++ {
				at := &rows[m].At
				scaled.Run(tmp, image[at[0]*line:], nil, line/4, &numbers[m][0])
				for k := 1; k < 4; k++ {
					add.Run(tmp, tmp, image[at[k]*line:], line/4, &numbers[m][k])
				}
				r.Pool = pool.Args{
					Channels: pixel / 4, Taps: 4, A: tmp, Offsets: offsets, Counts: weights, C: out[m*row:][:row], LDC: pixel,
				}
				weigh.Run(&r.Pool, 0, row/pixel)
			}
		},
	}
}

// lowerCropAndResize lowers a CropAndResize of float32 images, box by box.
func lowerCropAndResize(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*vision.CropAndResize), n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	if in.Type != core.F32 || out.MustElements() == 0 || in.Shape.MustElements() == 0 {
		return false, nil
	}
	b := c.newBilinear(in.Shape, out)
	image, crop := 4*in.Shape[1:].MustElements(), 4*out[1:].MustElements()
	src, boxes, indices := c.buffer(n.Inputs()[0]), c.buffer(n.Inputs()[1]), c.buffer(n.Inputs()[2])
	dst, scratch := c.newOutput(n.Out(0)), c.newScratch(productOf(c.threads, 2, b.row))
	threads := c.threads
	state := c.newState(func() any {
		all := make([]*places, threads)
		for i := range all {
			all[i] = newPlaces(make([]vision.Between, out[1]), make([]vision.Between, out[2]))
		}
		return all
	})
	c.emit(machine.Instruction{
		Node: n, Kernel: b.name(), Splits: true, Reads: []int{src, boxes, indices}, Writes: []int{dst},
		Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, p := r.Mem[scratch][r.Thread*2*b.row:][:2*b.row], r.State[state].([]*places)[r.Thread]
			for i := part * out[0] / parts; i < (part+1)*out[0]/parts; i++ {
				index := machine.View[int32](r.Mem[indices])[i]
				if err := op.CheckIndex(index, in.Shape[0]); err != nil {
					return n.Locate(err)
				}
				op.Places(machine.View[float32](r.Mem[boxes])[4*i:], in.Shape[1:3], p.rows, p.columns)
				p.fill(b.pixel)
				to := r.Mem[dst][i*crop:][:crop]
				b.run(r, p, r.Mem[src][int(index)*image:][:image], to, tmp, 0, out[1])
				p.extrapolate(machine.View[float32](to), b.pixel/4, op.Extrapolation)
			}
			return nil
		},
	})
	return true, nil
}

// extrapolate stores v in all channels of the pixels that lie outside of the input.
func (p *places) extrapolate(out []float32, channels int, v float32) {
	row := channels * len(p.columns)
	for i, h := range p.columns {
		if h.Lower >= 0 {
			continue
		}
		for m := range p.rows {
			fill(out[m*row+i*channels:][:channels], v)
		}
	}
	for m, r := range p.rows {
		if r.Lower < 0 {
			fill(out[m*row:][:row], v)
		}
	}
}
