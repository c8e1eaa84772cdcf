package normalization

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// LocalResponse computes pixels of float32 as normalize.LRN does.
type LocalResponse struct {
	Kernel string
	Block  int // how many pixels a call of Run computes at most
	Bytes  int // of scratch

	channels, radius                   int
	stride                             int // numbers per pixel, including the zeros after it
	bias, beta                         float32
	scaled, square, add, raise, divide *elementwise.Variant
	root                               *elementwise.Variant // used in place of raise; nil if raise is needed
	scale                              elementwise.Numbers
}

// NewLocalResponse returns what computes an op's pixels of so many channels.
func NewLocalResponse(s isa.Set, op *normalize.LRN, channels int) *LocalResponse {
	choose := func(p elementwise.Primitive) *elementwise.Variant { return elementwise.Choose(s, p) }
	l := &LocalResponse{
		channels: channels, radius: min(op.Radius, channels), bias: op.Bias, beta: op.Beta,
		scaled: choose(elementwise.Scaled), square: choose(elementwise.Square), add: choose(elementwise.Add),
		raise: choose(elementwise.Power), divide: choose(elementwise.Divide), scale: elementwise.Numbers{Scale: op.Alpha},
	}
	if op.IsRoot() {
		l.root = choose(elementwise.Sqrt)
	}
	l.Kernel = fmt.Sprintf("lrn_f32_%v", l.raise.ISA)
	l.stride = channels + l.radius
	l.Block = max(1, blockNumbers/l.stride)
	l.Bytes = 3 * 4 * (l.Block*l.stride + 2*l.radius)
	return l
}

// Run computes the pixels of y. scratch holds their squares, with radius zeros before, between and after them so that
// no window is cut off; the sums at the same positions; and a repeated number.
func (l *LocalResponse) Run(y, x, scratch []byte) {
	row, third := 4*l.channels, len(scratch)/3
	pixels, stride, before := len(y)/row, 4*l.stride, 4*l.radius
	squares, sums, number := scratch[:third], scratch[third:2*third], scratch[2*third:]
	clear(squares)
	for i := range pixels {
		l.square.Run(squares[before+i*stride:], x[i*row:], nil, l.channels, nil)
	}
	n := pixels * l.stride
	copy(sums, squares[:4*n])
	for k := 1; k <= 2*l.radius; k++ {
		l.add.Run(sums, sums, squares[4*k:], n, nil)
	}
	l.scaled.Run(sums, sums, nil, n, &l.scale)
	machine.Fill(view.Of[float32](number)[:n], l.bias)
	l.add.Run(sums, sums, number, n, nil)
	if l.root != nil {
		l.root.Run(sums, sums, nil, n, nil)
	} else {
		machine.Fill(view.Of[float32](number)[:n], l.beta)
		l.raise.Run(sums, sums, number, n, nil)
	}
	for i := range pixels {
		l.divide.Run(y[i*row:], x[i*row:], sums[i*stride:], l.channels, nil)
	}
}
