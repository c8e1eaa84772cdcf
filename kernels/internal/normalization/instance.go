package normalization

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
	"github.com/tf2ng/tf2ng/kernels/internal/pool"
	"github.com/tf2ng/tf2ng/kernels/internal/reduction"
)

// Instances computes a tensorflow.QuantizedInstanceNorm: first the moments of each image, then the output's range from
// those of all, and then the output. Its vectors are channels, each of which is summed in the op's order: down the
// columns of the image, one column after the other.
type Instances struct {
	Images, Size int // the number of images, and of the elements of each
	Moments      int // bytes of an image's means, and of its factors
	Bytes        int // of the scratch of Measure

	op               *tensorflow.QuantizedInstanceNorm
	pixels, channels int
	lanes            int       // numbers of each channel whose extremes are found at a time
	taps             [][]int32 // in parts that one pooling can add: the sum so far and the pixels
	one, count       []float32 // divisors of a sum that goes on, and of the whole sum
	bytes            elementwise.Numbers

	average                                  *pool.Variant
	real, subtract, scaled, square, multiply *elementwise.Variant
	smaller, larger, round, quantize         *elementwise.Variant
}

// block is how many elements are taken through all steps at a time.
const block = 1024

// NormalizeBytes is the scratch of Instances.Normalize.
const NormalizeBytes = 4 * block

// NewInstances returns what normalizes images of a shape.
func NewInstances(s isa.Set, op *tensorflow.QuantizedInstanceNorm, in core.Shape) *Instances {
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(s, p) }
	n := &Instances{
		op: op, Images: in[0], pixels: in[1] * in[2], channels: in[3], lanes: 1,
		average: pool.Choose(s, pool.AverageF32), real: choose(elementwise.ConvertU8),
		subtract: choose(elementwise.Subtract), scaled: choose(elementwise.Scaled), square: choose(elementwise.Square),
		multiply: choose(elementwise.Multiply), smaller: choose(elementwise.Minimum), larger: choose(elementwise.Maximum),
		round: choose(elementwise.Round), quantize: choose(elementwise.Quantize), bytes: elementwise.Numbers{Scale: 1},
	}
	for 2*n.lanes <= min(reduction.Lanes, n.pixels) {
		n.lanes *= 2
	}
	n.Size, n.Moments = n.pixels*n.channels, 4*(n.channels+block)
	n.Bytes = 4*n.channels*(2+n.pixels+2*n.lanes) + bounds.Slack
	n.one, n.count = []float32{1}, []float32{float32(n.pixels)}
	return n
}

// Place makes the offsets of the pixels, of which a row has width.
func (n *Instances) Place(height, width int) {
	for i := range n.pixels {
		if i%(pool.MaxTaps-1) == 0 {
			n.taps = append(n.taps, make([]int32, 1, min(pool.MaxTaps, 1+n.pixels-i)))
		}
		row, column := i%height, i/height
		last := &n.taps[len(n.taps)-1]
		*last = append(*last, int32(4*n.channels*(1+row*width+column)))
	}
}

// Kernels returns the names of the kernels of Measure and Normalize.
func (n *Instances) Kernels() (measure, normalize string) { return n.average.Name, n.quantize.Name }

// Buffers are what Measure and Normalize work on.
type Buffers struct {
	Images         []byte // Size bytes of each image
	Means, Factors []byte // Moments bytes of each image, which Measure stores
	Scratch        []byte // of Instances.Bytes for Measure, NormalizeBytes for Normalize
}

// Findings are what a Run finds out about all images in addition to their moments.
type Findings struct {
	images          []image
	scale, quantize elementwise.Numbers // how the bytes of the output are made of normalized values
	isDone          bool                // by the reference
}

// NewFindings returns the memory for one Run at a time.
func (n *Instances) NewFindings() *Findings { return &Findings{images: make([]image, n.Images)} }

// image is what Measure finds out about an image.
type image struct {
	unit      elementwise.Numbers
	low, high float32 // the extremes of the normalized values
	isSpecial bool    // whether numbers may be infinite or subnormal
}

// Measure computes the means, the factors and the extremes of the channels of image i, whose bytes stand for numbers
// from low to high. a is for the arguments of kernels.
func (n *Instances) Measure(f *Findings, b Buffers, i int, low, high float32, a *pool.Args) {
	to, row, size := &f.images[i], 4*n.channels, n.Size
	means, factors := b.Means[i*n.Moments:][:n.Moments], b.Factors[i*n.Moments:][:n.Moments]
	// The sum so far and the image come first.
	summed, rest := b.Scratch[:row+4*size+bounds.Slack], b.Scratch[row+4*size+bounds.Slack:]
	image, sum, least, most := summed[row:], rest[:row], rest[row:][:n.lanes*row], rest[row+n.lanes*row:]
	n.real.Run(image, b.Images[i*size:][:size], nil, size, &n.bytes)
	n.extremes(n.smaller, least, image[:4*size])
	n.extremes(n.larger, most, image[:4*size])
	n.sum(a, summed, sum)
	movement.Repeat(means, sum)
	to.unit.Scale = n.op.Unit(low, high)
	for at := 0; at < size; at += block {
		k, part := min(block, size-at), image[4*at:]
		n.subtract.Run(part, part, means[at%n.channels*4:], k, nil)
		n.scaled.Run(part, part, nil, k, &to.unit)
		n.square.Run(part, part, nil, k, nil)
	}
	n.sum(a, summed, sum)
	to.finish(n.op, view.Of[float32](means), view.Of[float32](sum), [2][]float32{
		view.Of[float32](least[:row]), view.Of[float32](most[:row]),
	})
	movement.Repeat(factors, sum)
}

// sum stores in to the sum of each channel over the pixels.
func (n *Instances) sum(a *pool.Args, summed, to []byte) {
	clear(summed[:len(to)])
	for i, taps := range n.taps {
		count := n.one
		if i == len(n.taps)-1 {
			count = n.count
		}
		*a = pool.Args{
			Channels: n.channels, Taps: len(taps), A: summed, Offsets: taps, Counts: count, C: to, LDC: len(to),
		}
		n.average.Run(a, 0, 1)
		copy(summed, to)
	}
}

// extremes stores in lane the extreme of each channel, and then others.
func (n *Instances) extremes(v *elementwise.Variant, lane, x []byte) {
	copy(lane, x)
	reduction.Combine(v, lane, x[len(lane):])
	reduction.CombineLanes(v, lane, n.lanes, 4*n.channels)
}

// The units for which no normalized value, nor its square, is subnormal or infinite: the difference of a byte from a
// mean is 0, or at least 2^-31 and at most 255.
const (
	leastUnit = 0x1p-20
	mostUnit  = 0x1p40
)

// finish makes the variances of the channels their factors, and finds the extremes of the normalized values among those
// of the extremes of the data.
func (to *image) finish(op *tensorflow.QuantizedInstanceNorm, means, variances []float32, ends [2][]float32) {
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

// Finish computes the output's range, or everything with the op's reference if an image is special.
func (n *Instances) Finish(f *Findings, in, out []*core.Tensor) error {
	if err := n.op.CheckRange(in); err != nil {
		return err
	}
	low, high := f.images[0].low, f.images[0].high
	for _, i := range f.images {
		if f.isDone = i.isSpecial; i.isSpecial {
			return n.op.Eval(in, out)
		}
		low, high = min(low, i.low), max(high, i.high)
	}
	from, end, scale, offset := n.op.Output(low, high)
	core.Data[float32](out[1])[0], core.Data[float32](out[2])[0] = from, end
	f.scale.Scale = scale
	f.quantize = elementwise.Numbers{Sub: offset, Scale: 1, Lo: 0, Hi: 255}
	return nil
}

// Normalize computes elements [i0,i1) of the output y from all images and their moments.
func (n *Instances) Normalize(f *Findings, b Buffers, y []byte, i0, i1 int) {
	if f.isDone {
		return
	}
	scratch := b.Scratch
	for i := i0; i < i1; {
		image, at := i/n.Size, i%n.Size
		k, table := min(block, i1-i, n.Size-at), image*n.Moments+at%n.channels*4
		n.real.Run(scratch, b.Images[i:], nil, k, &n.bytes)
		n.subtract.Run(scratch, scratch, b.Means[table:], k, nil)
		n.scaled.Run(scratch, scratch, nil, k, &f.images[image].unit)
		n.multiply.Run(scratch, scratch, b.Factors[table:], k, nil)
		n.scaled.Run(scratch, scratch, nil, k, &f.scale)
		n.round.Run(scratch, scratch, nil, k, nil)
		n.quantize.Run(y[i:], scratch, nil, k, &f.quantize)
		i += k
	}
}
