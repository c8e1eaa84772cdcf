package compile

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

var (
	_ = lowers[vision.Resize](lowerResize)
	_ = lowers[vision.CropAndResize](lowerCropAndResize)
)

// resizing changes the height and width of float32 images, one axis after the other. Each axis has tables of
// weights and positions. Rows are processed as vectors of all their channels.
type resizing struct {
	in, out, rows int // bytes per input image, bytes per output row, and rows per output image
	tmp           int // bytes of scratch
	name          string
	// run computes rows [m0,m1) of an output image.
	run func(r *machine.Worker, image, out, tmp []byte, m0, m1 int)
}

func lowerResize(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*vision.Resize), n.Inputs()[0].Fact(), n.Outputs()[0].Shape
	if in.Type != core.F32 || out.MustElements() == 0 {
		return false, nil
	}
	var s *resizing
	switch op.Mode {
	case vision.ResizeBilinear:
		b := c.newBilinear(in.Shape, out)
		p := newPlaces(out)
		copy(p.rows, op.Between(in.Shape[1], out[1]))
		copy(p.columns, op.Between(in.Shape[2], out[2]))
		p.fill(b.pixel)
		s = &resizing{tmp: 2 * b.row, name: b.name(), run: func(r *machine.Worker, image, out, tmp []byte, m0, m1 int) {
			b.run(r, p, image, out, tmp, m0, m1)
		}}
	case vision.ResizeBicubic:
		s = c.newBicubic(op, in.Shape, out)
	default:
		return false, nil
	}
	s.in, s.out, s.rows = 4*in.Shape[1:].MustElements(), 4*out[2]*out[3], out[1]
	src, dst, all := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), out[0]*out[1]
	scratch := c.newScratch(productOf(c.threads, s.tmp))
	c.emit(machine.Instruction{
		Node: n, Kernel: s.name, Splits: true, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp := r.Mem[scratch][r.Thread*s.tmp:][:s.tmp]
			for m, end := part*all/parts, (part+1)*all/parts; m < end; {
				image, first := m/s.rows, m%s.rows
				rows := min(s.rows-first, end-m)
				s.run(r, r.Mem[src][image*s.in:][:s.in], r.Mem[dst][image*s.rows*s.out:][:s.rows*s.out], tmp, first, first+rows)
				m += rows
			}
			return nil
		},
	})
	return true, nil
}

// places say where the rows and columns of an output image lie in the input image.
type places struct {
	rows, columns []vision.Between
	offsets       []int32               // byte offsets in a row: of both neighbours of each column
	fractions     []float32             // of each column
	numbers       []elementwise.Numbers // of each row
}

// newPlaces returns places with room for the rows and columns of an output.
func newPlaces(out core.Shape) *places {
	return &places{
		rows: make([]vision.Between, out[1]), columns: make([]vision.Between, out[2]),
		offsets: make([]int32, 2*out[2]), fractions: make([]float32, out[2]), numbers: make([]elementwise.Numbers, out[1]),
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
	pixel, line, row int // bytes per pixel, per row of the input and per row of the output
	between          *pool.Variant
	interpolate      *elementwise.Variant
}

func (c *compiler) newBilinear(in, out core.Shape) *bilinear {
	pixel := 4 * in[3]
	return &bilinear{
		pixel: pixel, line: pixel * in[2], row: pixel * out[2],
		between: pool.Choose(c.isas, pool.InterpolateF32), interpolate: elementwise.Choose(c.isas, elementwise.Interpolate),
	}
}

func (b *bilinear) name() string { return fmt.Sprintf("resize_f32_bilinear_%v", b.interpolate.ISA) }

// run computes rows [m0,m1) of an output image, except rows that lie outside of the input. tmp holds two input
// rows that are interpolated between columns.
func (b *bilinear) run(r *machine.Worker, p *places, image, out, tmp []byte, m0, m1 int) {
	wide, held := [2][]byte{tmp[:b.row], tmp[b.row : 2*b.row]}, [2]int{-1, -1}
	for m := m0; m < m1; m++ {
		v := &p.rows[m]
		if v.Lower < 0 {
			continue
		}
		if held[1] == v.Lower {
			wide[0], wide[1], held[0], held[1] = wide[1], wide[0], held[1], held[0]
		}
		b.hold(r, p, image, wide[0], &held[0], v.Lower)
		below := wide[0]
		if v.Upper != v.Lower {
			b.hold(r, p, image, wide[1], &held[1], v.Upper)
			below = wide[1]
		}
		b.interpolate.Run(out[m*b.row:][:b.row], wide[0], below, b.row/4, &p.numbers[m])
	}
}

// hold interpolates an input row between columns into wide, unless wide already holds that row.
func (b *bilinear) hold(r *machine.Worker, p *places, image, wide []byte, held *int, row int) {
	if *held == row {
		return
	}
	*held = row
	r.Pool = pool.Args{
		Channels: b.pixel / 4, Taps: 2, A: image[row*b.line:][:b.line], Offsets: p.offsets, Counts: p.fractions,
		C: wide, LDC: b.pixel,
	}
	b.between.Run(&r.Pool, 0, len(p.fractions))
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
			all[i] = newPlaces(out)
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
			fillRow(out[m*row+i*channels:][:channels], v)
		}
	}
	for m, r := range p.rows {
		if r.Lower < 0 {
			fillRow(out[m*row:][:row], v)
		}
	}
}
