package compile

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
)

// softmax normalizes rows of n numbers as normalize.Softmax or normalize.LogSoftmax does.
type softmax struct {
	n                                   int
	log                                 bool
	exp, largest, sum, shifted, divided *elementwise.Variant
	maximum, subtract, add, divide      *elementwise.Variant // of columns
	matrix                              *movement.Variant
}

var (
	_ = lowers[normalize.Softmax]((*compiler).lowerSoftmax)
	_ = lowers[normalize.LogSoftmax]((*compiler).lowerSoftmax)
)

// lowerSoftmax lowers a Softmax, or LogSoftmax, along the last axis.
func (c *compiler) lowerSoftmax(n *core.Node) (bool, error) {
	s, ok := c.softmaxOf(n)
	if !ok {
		return false, nil
	}
	src, dst, size := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0)), 4*s.n
	scratch, states := c.newScratch(productOf(c.threads, s.bytes)), s.newState(c)
	c.emit(machine.Instruction{
		Node: n, Kernel: fmt.Sprintf("softmax_%v", s.exp.ISA), Splits: s.count > 1,
		Reads: []int{src}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			return s.each(r, states, scratch, part, parts, func(row, rows int) (y, x []byte) {
				return r.Mem[dst][row*size:][:rows*size], r.Mem[src][row*size:][:rows*size]
			})
		},
	})
	return true, nil
}

// softmaxRows computes the rows of a tensor, block by block.
type softmaxRows struct {
	*softmax
	count, block int // the number of rows, and of a block
	bytes        int // of scratch for each thread
	run          func(y, x, tmp []byte, p *elementwise.Numbers)
}

// softmaxOf returns the rows of a Softmax or LogSoftmax of float32 along the last axis; false for any other node.
func (c *compiler) softmaxOf(n *core.Node) (*softmaxRows, bool) {
	_, log := n.Op().(*normalize.LogSoftmax)
	if _, ok := n.Op().(*normalize.Softmax); !ok && !log {
		return nil, false
	}
	out := n.Outputs()[0]
	elements := out.Shape.MustElements()
	rows, ok := n.Op().(trait.RowWise).Rows(out.Shape)
	if !ok || out.Type != core.F32 || elements == 0 {
		return nil, false
	}
	s := newSoftmax(c.isas, rows.Length, log)
	r := &softmaxRows{softmax: s, count: elements / s.n, block: max(1, softmaxBlock/s.n), run: s.rows}
	switch v := elementwise.Choose(c.isas, elementwise.Softmax); {
	case log && s.n < 2*shortRow: // a row alone has a logarithm and two more calls
		r.run = s.columns
	case log:
	case v.ISA == s.exp.ISA:
		length := binary.NativeEndian.AppendUint64(nil, uint64(s.n))
		r.run = func(y, x, _ []byte, _ *elementwise.Numbers) { v.Run(y, x, length, len(x)/4, nil) }
	case s.n < shortRow:
		r.run = s.columns
	}
	if log && s.n < 2*shortRow {
		r.block = shortRows(s.n)
	}
	r.bytes = 4*max(r.block, elementwise.Lanes) + productOf(8, r.block, s.n)
	return r, true
}

// newState returns the number of a state that each uses.
func (s *softmaxRows) newState(c *compiler) int {
	return c.newState(func() any { return make([]elementwise.Numbers, c.threads) })
}

// each computes part number part of the rows. of returns the result and the data of some rows.
func (s *softmaxRows) each(
	r *machine.Worker, states, scratch, part, parts int, of func(row, rows int) (y, x []byte),
) error {
	tmp, p := r.Mem[scratch][r.Thread*s.bytes:][:s.bytes], &r.State[states].([]elementwise.Numbers)[r.Thread]
	end := (part + 1) * s.count / parts
	for i := part * s.count / parts; i < end; i += s.block {
		y, x := of(i, min(s.block, end-i))
		s.run(y, x, tmp, p)
	}
	return nil
}

func newSoftmax(s isa.Set, n int, log bool) *softmax {
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(s, p) }
	return &softmax{
		n: n, log: log, exp: choose(elementwise.Exp), largest: choose(elementwise.FoldMaximum),
		sum: choose(elementwise.FoldAdd), shifted: choose(elementwise.Shifted), divided: choose(elementwise.Divided),
		maximum: choose(elementwise.Maximum), subtract: choose(elementwise.Subtract), add: choose(elementwise.Add),
		divide: choose(elementwise.Divide), matrix: movement.Choose(s, 4),
	}
}

// noNumbers are passed to primitives that have no parameters.
var noNumbers elementwise.Numbers

// lowest has the start value of a maximum for each lane.
var lowest = machine.Bytes(slices.Repeat([]float32{float32(math.Inf(-1))}, elementwise.Lanes))

const (
	softmaxBlock = 2048 // bounds the numbers of a block of rows; a longer row is a block by itself
	shortRow     = 48   // the length of the shortest row that is worth calls of its own
)

// rows computes rows one after the other. tmp has room for them and for one number per lane.
func (s *softmax) rows(y, x, tmp []byte, p *elementwise.Numbers) {
	size, lanes, exps := 4*s.n, tmp[:4*elementwise.Lanes], y
	if s.log {
		exps = tmp[4*elementwise.Lanes:]
	}
	for i := 0; i < len(x); i += size {
		copy(lanes, lowest)
		s.largest.Run(lanes, x[i:], nil, s.n, nil)
		p.Sub = largest(machine.View[float32](lanes))
		s.shifted.Run(y[i:], x[i:], nil, s.n, p)
	}
	s.exp.Run(exps, y, nil, len(x)/4, &noNumbers)
	for i := 0; i < len(x); i += size {
		clear(lanes)
		s.sum.Run(lanes, exps[i:], nil, s.n, nil)
		if p.Scale = sumOfLanes(machine.View[float32](lanes)); s.log {
			p.Sub = float32(transcendental.Log(float64(p.Scale)))
			s.shifted.Run(y[i:], y[i:], nil, s.n, p)
			continue
		}
		s.divided.Run(y[i:], y[i:], nil, s.n, p)
	}
}

// columns computes short rows. It transposes them, so that a call takes the numbers at one place of all rows. tmp has
// room for them, twice, and for one number per row.
func (s *softmax) columns(y, x, tmp []byte, _ *elementwise.Numbers) {
	rows := len(x) / (4 * s.n)
	size := 4 * rows // of a column
	one, all, exps := tmp[:size], tmp[size:][:len(x)], tmp[size:][:len(x)]
	if s.log {
		exps = tmp[size+len(x):][:len(x)]
	}
	s.matrix.Run(movement.Matrix{Out: all, In: x, Rows: rows, Columns: s.n, OutStride: size, InStride: 4 * s.n}, 0, rows)
	copy(one, all)
	for at := size; at < len(all); at += size {
		s.maximum.Run(one, all[at:], one, rows, nil)
	}
	for at := 0; at < len(all); at += size {
		s.subtract.Run(all[at:], all[at:], one, rows, nil)
	}
	s.exp.Run(exps, all, nil, len(all)/4, &noNumbers)
	lanes := min(s.n, elementwise.Lanes)
	sums := y[:lanes*size]
	for at := copy(sums, exps); at < len(exps); at += len(sums) {
		s.add.Run(sums, sums, exps[at:], min(len(sums), len(exps)-at)/4, nil)
	}
	for half := elementwise.Lanes / 2; half > 0; half /= 2 {
		if more := min(lanes-half, half); more > 0 { // the other lanes would add 0
			s.add.Run(sums, sums, sums[half*size:], more*rows, nil)
		}
		lanes = min(lanes, half)
	}
	finish := s.divide
	if s.log {
		finish = s.subtract
		for i, sum := range machine.View[float32](sums)[:rows] {
			machine.View[float32](sums)[i] = float32(transcendental.Log(float64(sum)))
		}
	}
	for at := 0; at < len(all); at += size {
		finish.Run(all[at:], all[at:], sums, rows, nil)
	}
	s.matrix.Run(movement.Matrix{Out: y, In: all, Rows: s.n, Columns: rows, OutStride: 4 * s.n, InStride: size}, 0, s.n)
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

func fill[T any](row []T, v T) {
	few := row[:min(len(row), 64)]
	for i := range few {
		few[i] = v
	}
	for n := len(few); n < len(row); n *= 2 {
		copy(row[n:], row[:n])
	}
}

// sumOfLanes returns the sum of reduce.Sum's lanes: the upper half is added to the lower one until one is left.
func sumOfLanes(lanes []float32) float32 {
	v := (*[elementwise.Lanes]float32)(lanes)
	a, b, c, d := v[0]+v[8], v[1]+v[9], v[2]+v[10], v[3]+v[11]
	e, f, g, h := v[4]+v[12], v[5]+v[13], v[6]+v[14], v[7]+v[15]
	a, b, c, d = a+e, b+f, c+g, d+h
	return (a + c) + (b + d)
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
	fill(machine.View[float32](number)[:n], s.bias)
	s.add.Run(sums, sums, number, n, nil)
	if s.root != nil {
		s.root.Run(sums, sums, nil, n, nil)
	} else {
		fill(machine.View[float32](number)[:n], s.beta)
		s.raise.Run(sums, sums, number, n, nil)
	}
	for i := range pixels {
		s.divide.Run(y[i*row:], x[i*row:], sums[i*stride:], s.channels, nil)
	}
}

var _ = lowers[tensorflow.QuantizedInstanceNorm](lowerQuantizedInstanceNorm)

// instanceNorm computes a tensorflow.QuantizedInstanceNorm. Its vectors are channels, each of which is summed in the
// op's order: down the columns of the image, one column after the other.
type instanceNorm struct {
	op                       *tensorflow.QuantizedInstanceNorm
	images, pixels, channels int
	lanes                    int       // numbers of each channel whose extremes are found at a time
	taps                     [][]int32 // in parts that one pooling can add: the sum so far and the pixels
	one, count               []float32 // divisors of a sum that goes on, and of the whole sum

	average                                      *pool.Variant
	real, subtract, scaled, square, multiply     *elementwise.Variant
	smaller, larger, round, quantize             *elementwise.Variant
	bytes                                        elementwise.Numbers // of real
	src, low, high, means, factors, dst, scratch int                 // buffers
	table, memory                                int                 // bytes: per image of means, per thread of scratch
}

// instanceNorms is what a Run finds out about the images.
type instanceNorms struct {
	images          []imageNorm
	scale, quantize elementwise.Numbers // what makes bytes of normalized values
	isDone          bool                // by the reference
}

type imageNorm struct {
	unit      elementwise.Numbers
	low, high float32 // the extremes of the normalized values
	isSpecial bool    // whether numbers may be infinite or subnormal
}

// maxNormBytes bounds the scratch of an instance normalization.
const maxNormBytes = 1 << 28

// lowerQuantizedInstanceNorm lowers a QuantizedInstanceNorm to three instructions, which compute the moments of each
// image, the output's range, and the output.
func lowerQuantizedInstanceNorm(c *compiler, n *core.Node) (bool, error) {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return false, err
	}
	s := c.newInstanceNorm(n)
	if productOf(c.threads, s.memory) > maxNormBytes {
		return false, nil
	}
	s.allocate(c, n)
	state := c.newState(func() any { return &instanceNorms{images: make([]imageNorm, s.images)} })
	c.emit(machine.Instruction{
		Node: n, Kernel: s.average.Name, Splits: s.images > 1,
		Reads: []int{s.src, s.low, s.high}, Writes: []int{s.means, s.factors}, Scratch: []int{s.scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			for i := part * s.images / parts; i < (part+1)*s.images/parts; i++ {
				s.moments(r, &r.State[state].(*instanceNorms).images[i], i)
			}
			return nil
		},
	})
	_, res := c.emitEval(n, "range", func(r *machine.Run, in, out []*core.Tensor) error {
		return r.State[state].(*instanceNorms).finish(s.op, in, out)
	})
	s.dst = res[0]
	tmp := c.newScratch(productOf(c.threads, 4*foldBlock))
	c.emit(machine.Instruction{
		Node: n, Kernel: s.quantize.Name, Splits: true, Reads: []int{s.src, s.means, s.factors, res[1], res[2]},
		Writes: res[:1], Scratch: []int{tmp},
		Run: func(r *machine.Worker, part, parts int) error {
			if all := r.State[state].(*instanceNorms); !all.isDone {
				i0, i1 := splitElements(s.images*s.pixels*s.channels, part, parts)
				s.normalize(r, all, r.Mem[tmp][r.Thread*4*foldBlock:][:4*foldBlock], i0, i1)
			}
			return nil
		},
	})
	return true, nil
}

func (c *compiler) newInstanceNorm(n *core.Node) *instanceNorm {
	in := n.Inputs()[0].Shape()
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(c.isas, p) }
	s := &instanceNorm{
		op: n.Op().(*tensorflow.QuantizedInstanceNorm), images: in[0], pixels: in[1] * in[2], channels: in[3], lanes: 1,
		average: pool.Choose(c.isas, pool.AverageF32), real: choose(elementwise.ConvertU8),
		subtract: choose(elementwise.Subtract), scaled: choose(elementwise.Scaled), square: choose(elementwise.Square),
		multiply: choose(elementwise.Multiply), smaller: choose(elementwise.Minimum), larger: choose(elementwise.Maximum),
		round: choose(elementwise.Round), quantize: choose(elementwise.Quantize), bytes: elementwise.Numbers{Scale: 1},
	}
	for 2*s.lanes <= min(laneCount, s.pixels) {
		s.lanes *= 2
	}
	s.memory = productOf(4, s.channels, 2+s.pixels+2*s.lanes) + bounds.Slack
	return s
}

// allocate makes the tables of offsets and the buffers.
func (s *instanceNorm) allocate(c *compiler, n *core.Node) {
	in := n.Inputs()[0].Shape()
	for i := range s.pixels {
		if i%(pool.MaxTaps-1) == 0 {
			s.taps = append(s.taps, make([]int32, 1, min(pool.MaxTaps, 1+s.pixels-i)))
		}
		row, column := i%in[1], i/in[1]
		last := &s.taps[len(s.taps)-1]
		*last = append(*last, int32(4*s.channels*(1+row*in[2]+column)))
	}
	s.one, s.count = []float32{1}, []float32{float32(s.pixels)}
	s.table = 4 * (s.channels + foldBlock)
	s.src, s.low, s.high = c.buffer(n.Inputs()[0]), c.buffer(n.Inputs()[1]), c.buffer(n.Inputs()[2])
	s.means, s.factors = c.newScratch(productOf(s.images, s.table)), c.newScratch(productOf(s.images, s.table))
	s.scratch = c.newScratch(productOf(c.threads, s.memory))
}

// moments computes the mean, the factor and the extremes of each channel of image i.
func (s *instanceNorm) moments(r *machine.Worker, to *imageNorm, i int) {
	row, size := 4*s.channels, s.pixels*s.channels
	tmp := r.Mem[s.scratch][r.Thread*s.memory:][:s.memory]
	summed, rest := tmp[:row+4*size+bounds.Slack], tmp[row+4*size+bounds.Slack:] // the sum so far and the image
	image, sum, low, high := summed[row:], rest[:row], rest[row:][:s.lanes*row], rest[row+s.lanes*row:]
	means, factors := r.Mem[s.means][i*s.table:][:s.table], r.Mem[s.factors][i*s.table:][:s.table]

	s.real.Run(image, r.Mem[s.src][i*size:], nil, size, &s.bytes)
	s.extremes(s.smaller, low, image[:4*size])
	s.extremes(s.larger, high, image[:4*size])
	s.sum(r, summed, sum)
	repeat(means, sum)
	to.unit.Scale = s.op.Unit(floatAt(r.Run, s.low), floatAt(r.Run, s.high))
	for at := 0; at < size; at += foldBlock {
		n, part := min(foldBlock, size-at), image[4*at:]
		s.subtract.Run(part, part, means[at%s.channels*4:], n, nil)
		s.scaled.Run(part, part, nil, n, &to.unit)
		s.square.Run(part, part, nil, n, nil)
	}
	s.sum(r, summed, sum)
	to.finish(s.op, machine.View[float32](means), machine.View[float32](sum), [2][]float32{
		machine.View[float32](low[:row]), machine.View[float32](high[:row]),
	})
	repeat(factors, sum)
}

// sum stores in to the sum of each channel over the pixels.
func (s *instanceNorm) sum(r *machine.Worker, summed, to []byte) {
	clear(summed[:len(to)])
	for i, taps := range s.taps {
		count := s.one
		if i == len(s.taps)-1 {
			count = s.count
		}
		r.Pool = pool.Args{
			Channels: s.channels, Taps: len(taps), A: summed, Offsets: taps, Counts: count, C: to, LDC: len(to),
		}
		s.average.Run(&r.Pool, 0, 1)
		copy(summed, to)
	}
}

// extremes stores in lane the extreme of each channel, and then others.
func (s *instanceNorm) extremes(v *elementwise.Variant, lane, x []byte) {
	copy(lane, x)
	for x = x[len(lane):]; len(x) > 0; x = x[min(len(lane), len(x)):] {
		v.Run(lane, lane, x, min(len(lane), len(x))/4, nil)
	}
	for half := len(lane) / 2; half >= 4*s.channels; half /= 2 {
		v.Run(lane, lane, lane[half:], half/4, nil)
	}
}

// The units for which no normalized value, nor its square, is subnormal or infinite: the difference of a byte from a
// mean is 0, or at least 2^-31 and at most 255.
const (
	leastUnit = 0x1p-20
	mostUnit  = 0x1p40
)

// finish makes the variances of the channels their factors, and finds the extremes of the normalized values among those
// of the extremes of the data.
func (to *imageNorm) finish(op *tensorflow.QuantizedInstanceNorm, means, variances []float32, ends [2][]float32) {
	unit := to.unit.Scale
	to.low, to.high = float32(math.Inf(1)), float32(math.Inf(-1))
	to.isSpecial = !(unit >= leastUnit && unit <= mostUnit)
	for c, v := range variances {
		factor := op.Factor(v)
		for _, x := range ends {
			v := float32((x[c]-means[c])*unit) * factor
			to.low, to.high = min(to.low, v), max(to.high, v)
		}
		to.isSpecial = to.isSpecial || !(factor <= math.MaxFloat32)
		variances[c] = factor
	}
}

// finish computes the output's range, or everything with the reference if an image is special.
func (all *instanceNorms) finish(op *tensorflow.QuantizedInstanceNorm, in, out []*core.Tensor) error {
	if err := op.CheckRange(in); err != nil {
		return err
	}
	low, high := all.images[0].low, all.images[0].high
	for _, i := range all.images {
		if all.isDone = i.isSpecial; i.isSpecial {
			return op.Eval(in, out)
		}
		low, high = min(low, i.low), max(high, i.high)
	}
	from, to, scale, offset := op.Output(low, high)
	core.Data[float32](out[1])[0], core.Data[float32](out[2])[0] = from, to
	all.scale.Scale = scale
	all.quantize = elementwise.Numbers{Sub: offset, Scale: 1, Lo: 0, Hi: 255}
	return nil
}

// normalize computes elements [i0,i1) of the output. tmp has room for foldBlock numbers.
func (s *instanceNorm) normalize(r *machine.Worker, all *instanceNorms, tmp []byte, i0, i1 int) {
	size := s.pixels * s.channels
	for i := i0; i < i1; {
		image, at := i/size, i%size
		n, table := min(foldBlock, i1-i, size-at), image*s.table+at%s.channels*4
		s.real.Run(tmp, r.Mem[s.src][i:], nil, n, &s.bytes)
		s.subtract.Run(tmp, tmp, r.Mem[s.means][table:], n, nil)
		s.scaled.Run(tmp, tmp, nil, n, &all.images[image].unit)
		s.multiply.Run(tmp, tmp, r.Mem[s.factors][table:], n, nil)
		s.scaled.Run(tmp, tmp, nil, n, &all.scale)
		s.round.Run(tmp, tmp, nil, n, nil)
		s.quantize.Run(r.Mem[s.dst][i:], tmp, nil, n, &all.quantize)
		i += n
	}
}
