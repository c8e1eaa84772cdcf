package compile

import (
	"fmt"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// softmax normalizes rows of n numbers as normalize.Softmax or normalize.LogSoftmax does.
type softmax struct {
	n                     int
	log                   bool
	exp, divide, subtract *elementwise.Variant
}

var (
	_ = lowers[normalize.Softmax](lowerSoftmax(false))
	_ = lowers[normalize.LogSoftmax](lowerSoftmax(true))
)

// lowerSoftmax lowers a Softmax, or LogSoftmax, along the last axis.
func lowerSoftmax(log bool) lowering {
	return func(c *compiler, n *core.Node) (bool, error) { return c.lowerSoftmax(n, log) }
}

func (c *compiler) lowerSoftmax(n *core.Node, log bool) (bool, error) {
	out := n.Outputs()[0]
	elements := out.Shape.MustElements()
	rows, ok := n.Op().(trait.RowWise).Rows(out.Shape)
	if !ok || out.Type != core.F32 || elements == 0 {
		return false, nil
	}
	s := &softmax{
		n: rows.Length, log: log, exp: elementwise.Choose(c.isas, elementwise.Exp),
		divide: elementwise.Choose(c.isas, elementwise.Divide), subtract: elementwise.Choose(c.isas, elementwise.Subtract),
	}
	src := c.buffer(n.Inputs()[0])
	dst := c.newOutput(n.Out(0))
	block := max(1, softmaxBlock/s.n)
	size := productOf(4, s.n)
	scratch := c.newScratch(productOf(c.threads, block, size))
	count := elements / s.n
	kernel := fmt.Sprintf("softmax_%v", s.exp.ISA)
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: count > 1, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp := r.Mem[scratch][r.Thread*block*size:][:block*size]
			end := (part + 1) * count / parts
			for i := part * count / parts; i < end; i += block {
				n := min(block, end-i) * size
				s.run(r.Mem[dst][i*size:][:n], r.Mem[src][i*size:][:n], tmp[:n])
			}
			return nil
		},
	})
	return true, nil
}

// noNumbers are passed to primitives that have no parameters.
var noNumbers elementwise.Numbers

// softmaxBlock bounds the numbers of a block of rows. A longer row is a block by itself.
const softmaxBlock = 1024

// run computes whole rows. tmp has the same size as y.
func (s *softmax) run(y, x, tmp []byte) {
	in, out, other := machine.View[float32](x), machine.View[float32](y), machine.View[float32](tmp)
	for i := 0; i < len(in); i += s.n {
		fillRow(other[i:i+s.n], largest(in[i:i+s.n]))
	}
	s.subtract.Run(y, x, tmp, len(in), nil)
	if s.log {
		s.exp.Run(tmp, y, nil, len(in), &noNumbers)
		for i := 0; i < len(in); i += s.n {
			fillRow(other[i:i+s.n], float32(transcendental.Log(float64(sumLanes(other[i:i+s.n])))))
		}
		s.subtract.Run(y, y, tmp, len(in), nil)
		return
	}
	s.exp.Run(y, y, nil, len(in), &noNumbers)
	for i := 0; i < len(in); i += s.n {
		fillRow(other[i:i+s.n], sumLanes(out[i:i+s.n]))
	}
	s.divide.Run(y, y, tmp, len(in), nil)
}

// largest returns the largest number of a row, or NaN if the row has one.
func largest(row []float32) float32 {
	least := float32(math.Inf(-1))
	m0, m1, m2, m3 := least, least, least, least
	for len(row) >= 4 {
		v := (*[4]float32)(row)
		m0, m1, m2, m3 = max(m0, v[0]), max(m1, v[1]), max(m2, v[2]), max(m3, v[3])
		row = row[4:]
	}
	for _, v := range row {
		m0 = max(m0, v)
	}
	return max(m0, m1, m2, m3)
}

func fillRow(row []float32, v float32) {
	few := row[:min(len(row), 64)]
	for i := range few {
		few[i] = v
	}
	for n := len(few); n < len(row); n *= 2 {
		copy(row[n:], row[:n])
	}
}

// rowFold reduces a row of float32 to one number, in the order that reduce.Sum documents.
type rowFold struct {
	fold    *elementwise.Variant
	start   float32 // the start value of each lane
	combine func(a, b float32) float32
	mean    bool
}

// of reduces one row; scratch has room for one number per lane.
func (f *rowFold) of(row, scratch []byte) float32 {
	lanes := machine.View[float32](scratch)
	for i := range lanes {
		lanes[i] = f.start
	}
	f.fold.Run(scratch, row, nil, len(row)/4, nil)
	for half := len(lanes) / 2; half > 0; half /= 2 {
		for i := range half {
			lanes[i] = f.combine(lanes[i], lanes[i+half])
		}
	}
	return lanes[0]
}

// lowerRowFolds appends an instruction that reduces each of rows rows of columns float32.
func (c *compiler) lowerRowFolds(n *core.Node, rows, columns int, f rowFold) {
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	const size = 4 * elementwise.Lanes
	scratch := c.newScratch(productOf(c.threads, size))
	c.emit(machine.Instruction{
		Node: n, Kernel: f.fold.Name, Splits: rows > 1, Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			x, y, lanes := r.Mem[src], machine.View[float32](r.Mem[dst]), r.Mem[scratch][r.Thread*size:][:size]
			for i := part * rows / parts; i < (part+1)*rows/parts; i++ {
				y[i] = f.of(x[4*i*columns:][:4*columns], lanes)
				if f.mean {
					y[i] /= float32(columns)
				}
			}
			return nil
		},
	})
}

// sumLanes returns the sum in the order that reduce.Sum documents: number i is added to lane i mod 16, then the
// upper half of the lanes to the lower one until one is left. The lanes are variables so that they are in registers.
func sumLanes(v []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15 float32
	for len(v) >= 16 {
		x := (*[16]float32)(v)
		s0, s1, s2, s3 = s0+x[0], s1+x[1], s2+x[2], s3+x[3]
		s4, s5, s6, s7 = s4+x[4], s5+x[5], s6+x[6], s7+x[7]
		s8, s9, s10, s11 = s8+x[8], s9+x[9], s10+x[10], s11+x[11]
		s12, s13, s14, s15 = s12+x[12], s13+x[13], s14+x[14], s15+x[15]
		v = v[16:]
	}
	lane := [16]float32{s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15}
	for i, x := range v {
		lane[i] += x
	}
	for half := 8; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}

var _ = lowers[normalize.LRN](lowerLRN)

// localResponse computes normalize.LRN for a block of pixels at a time.
type localResponse struct {
	channels, radius                   int
	bias, beta                         float32
	scaled, square, add, raise, divide *elementwise.Variant
	root                               *elementwise.Variant // used in place of raise; nil if raise is needed
	scale                              elementwise.Numbers
	pixels, stride                     int // pixels per block, and numbers per pixel including the zeros after it
}

// lowerLRN lowers an LRN of float32.
func lowerLRN(c *compiler, n *core.Node) (bool, error) {
	op, out := n.Op().(*normalize.LRN), n.Outputs()[0]
	if out.Type != core.F32 || out.Shape.MustElements() == 0 {
		return false, nil
	}
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(c.isas, p) }
	channels := out.Shape[3]
	s := &localResponse{
		channels: channels, radius: min(op.Radius, channels), bias: op.Bias, beta: op.Beta,
		scaled: choose(elementwise.Scaled), square: choose(elementwise.Square), add: choose(elementwise.Add),
		raise: choose(elementwise.Power), divide: choose(elementwise.Divide), scale: elementwise.Numbers{Scale: op.Alpha},
	}
	if op.IsRoot() {
		s.root = choose(elementwise.Sqrt)
	}
	s.stride = channels + s.radius
	s.pixels = max(1, softmaxBlock/s.stride)
	size := productOf(4, 3, s.pixels*s.stride+2*s.radius)
	src, dst, scratch := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), c.newScratch(productOf(c.threads, size))
	count := out.Shape.MustElements() / channels
	c.emit(machine.Instruction{
		Node: n, Kernel: fmt.Sprintf("lrn_f32_%v", s.raise.ISA), Splits: count > 1,
		Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			tmp, row := r.Mem[scratch][r.Thread*size:][:size], 4*channels
			end := (part + 1) * count / parts
			for i := part * count / parts; i < end; i += s.pixels {
				n := min(s.pixels, end-i) * row
				s.run(r.Mem[dst][i*row:][:n], r.Mem[src][i*row:][:n], tmp)
			}
			return nil
		},
	})
	return true, nil
}

// run computes the pixels of y. tmp holds their squares, with radius zeros before, between and after them so that no
// window is cut off; the sums at the same positions; and a repeated number.
func (s *localResponse) run(y, x, tmp []byte) {
	row, third := 4*s.channels, len(tmp)/3
	pixels, stride, before := len(y)/row, 4*s.stride, 4*s.radius
	squares, sums, number := tmp[:third], tmp[third:2*third], tmp[2*third:]
	clear(squares)
	for i := range pixels {
		s.square.Run(squares[before+i*stride:], x[i*row:], nil, s.channels, nil)
	}
	n := pixels * s.stride
	copy(sums, squares[:4*n])
	for k := 1; k <= 2*s.radius; k++ {
		s.add.Run(sums, sums, squares[4*k:], n, nil)
	}
	s.scaled.Run(sums, sums, nil, n, &s.scale)
	fillRow(machine.View[float32](number)[:n], s.bias)
	s.add.Run(sums, sums, number, n, nil)
	if s.root != nil {
		s.root.Run(sums, sums, nil, n, nil)
	} else {
		fillRow(machine.View[float32](number)[:n], s.beta)
		s.raise.Run(sums, sums, number, n, nil)
	}
	for i := range pixels {
		s.divide.Run(y[i*row:], x[i*row:], sums[i*stride:], s.channels, nil)
	}
}
