// Package broadcast divides an output into rows, and finds the elements of the operands that are broadcast to them.
package broadcast

import (
	"encoding/binary"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/movement"
)

// MaxOperands is how many operands there may be.
const MaxOperands = 3

// Operands divides the computation of an output into calls, and loads what each reads of the operands.
type Operands struct {
	Calls int
	Bytes int // of scratch

	out      core.Shape
	calls    calls
	operands []operand
}

// Operand is an operand's shape, and the bytes of an element.
type Operand struct {
	Shape core.Shape
	Size  int
}

// minRow is the least length of a row that is worth a call of its own.
const minRow = 8

// New returns the operands that are broadcast to an output; false if its rows are too short.
func New(out core.Shape, in []Operand) (*Operands, bool) {
	shapes := make([]core.Shape, len(in))
	for i, v := range in {
		shapes[i] = v.Shape
	}
	out, shapes = mergeAxes(out, shapes...)
	rank := len(out)
	if rank == 0 || out[max(rank-3, 0):].MustElements() < minRow || out.MustElements() == 0 {
		return nil, false
	}
	o := &Operands{out: out, calls: newCalls(out)}
	o.Calls = o.calls.count
	for i, v := range in {
		operand := newOperand(v.Size, shapes[i], out)
		operand.same = operand.isSame(&o.calls)
		o.operands = append(o.operands, operand)
		o.Bytes += v.Size * o.calls.most
	}
	return o, true
}

// Begin stores in scratch the elements of the operands that are the same for all calls. It comes before the calls of
// Load with that scratch.
func (o *Operands) Begin(in *[MaxOperands][]byte, scratch []byte) {
	for i := range o.operands {
		operand := &o.operands[i]
		if operand.same {
			movement.Repeat(scratch[:operand.size*o.calls.most], in[i][:operand.size*operand.row(o.calls.columns)])
		}
		scratch = scratch[operand.size*o.calls.most:]
	}
}

// Load stores in to, for each operand, whose memory is in, the elements of a call, and returns the output's first
// element that the call computes and how many there are.
func (o *Operands) Load(to, in *[MaxOperands][]byte, scratch []byte, call int) (first, n int) {
	p := o.calls.of(call)
	for i := range o.operands {
		if o.operands[i].same {
			to[i] = scratch[:o.operands[i].size*p.n]
		} else {
			to[i] = o.operands[i].load(in[i], scratch, p, o.out)
		}
		scratch = scratch[o.operands[i].size*o.calls.most:]
	}
	return p.first*o.calls.columns + p.column, p.n
}

// operand is an operand that is broadcast to an output. It is read row by row, along the output's last axis.
type operand struct {
	size    int   // bytes of an element
	strides []int // in elements, for each axis of the output before the last
	single  bool  // one element is broadcast along the whole last axis
	same    bool  // all calls read the same elements, as many as they compute from the first on
}

// row returns how many elements are broadcast to a row of columns.
func (o *operand) row(columns int) int {
	if o.single {
		return 1
	}
	return columns
}

// isSame reports whether the operand is one number, or one of several rows of a call, for all rows.
func (o *operand) isSame(c *calls) bool {
	return (o.single || c.together > 1) && !slices.ContainsFunc(o.strides, func(s int) bool { return s != 0 })
}

func newOperand(size int, s, out core.Shape) operand {
	o := operand{size: size, strides: make([]int, len(out)-1)}
	o.single = len(s) == 0 || s[len(s)-1] != out[len(out)-1]
	step := 1
	for i := len(s) - 1; i >= 0; i-- {
		if at := len(out) - len(s) + i; at < len(o.strides) && s[i] > 1 {
			o.strides[at] = step
		}
		step *= s[i]
	}
	return o
}

// at returns the index of the first element of row l.
func (o *operand) at(l int, out core.Shape) int {
	at := 0
	for i := len(o.strides) - 1; i >= 0; i-- {
		at += l % out[i] * o.strides[i]
		l /= out[i]
	}
	return at
}

// load returns the elements of mem for a part of an output as bytes. They lie in scratch, unless they are contiguous in
// mem.
func (o *operand) load(mem, scratch []byte, p part, out core.Shape) []byte {
	last := len(o.strides) - 1
	if last < 1 || p.rows <= out[last] {
		return o.loadRows(mem, scratch, p, out)
	}
	inner, matrix := out[last], out[last]*out[last+1]
	if !o.single && o.strides[last] == out[last+1] && o.strides[last-1] == matrix {
		return mem[o.at(p.first, out)*o.size:][:p.n*o.size]
	}
	scratch = scratch[:p.n*o.size]
	one := part{first: p.first, rows: inner, n: matrix}
	for i := 0; i < p.n; i += matrix {
		to := scratch[i*o.size:][:matrix*o.size]
		if from := o.loadRows(mem, to, one, out); &from[0] != &to[0] {
			copy(to, from)
		}
		if o.strides[last-1] == 0 {
			movement.Repeat(scratch, to)
			break
		}
		one.first += inner
	}
	return scratch
}

// loadRows is load for rows within the last axis but one.
func (o *operand) loadRows(mem, scratch []byte, p part, out core.Shape) []byte {
	at, last, columns := o.at(p.first, out), len(o.strides)-1, out[len(out)-1]
	if !o.single && (p.rows == 1 || o.strides[last] == columns) {
		return mem[(at+p.column)*o.size:][:p.n*o.size]
	}
	scratch = scratch[:p.n*o.size]
	if p.rows == 1 {
		movement.Repeat(scratch, mem[at*o.size:][:o.size])
		return scratch
	}
	same, row := o.strides[last] == 0, columns*o.size
	if o.single && !same && 8 <= row && row <= spreadRow && 8%o.size == 0 {
		spread(scratch, mem[at*o.size:], row, o.strides[last]*o.size, o.size)
		return scratch
	}
	for i := range p.rows {
		from := mem[(at+i*o.strides[last])*o.size:]
		switch {
		case same && i > 0:
			movement.Repeat(scratch, scratch[:row])
			return scratch
		case o.single:
			movement.Repeat(scratch[i*row:][:row], from[:o.size])
		default:
			copy(scratch[i*row:][:row], from)
		}
	}
	return scratch
}

// spreadRow is the number of bytes of the longest row that is filled word by word.
const spreadRow = 256

// spread fills rows of row bytes, of which there are at least 8, with one element each, of 1, 2, 4 or 8 bytes. The
// elements are stride bytes apart.
func spread(to, from []byte, row, stride, size int) {
	for ; len(to) >= row; to, from = to[row:], from[min(stride, len(from)):] {
		word := eightBytes(from, size)
		at := to[:row]
		for ; len(at) >= 8; at = at[8:] {
			binary.NativeEndian.PutUint64(at, word)
		}
		if len(at) > 0 {
			binary.NativeEndian.PutUint64(to[row-8:], word)
		}
	}
}

// eightBytes returns a word full of the first element, of 1, 2, 4 or 8 bytes.
func eightBytes(from []byte, size int) uint64 {
	switch size {
	case 1:
		return uint64(from[0]) * 0x0101010101010101
	case 2:
		return uint64(binary.NativeEndian.Uint16(from)) * 0x0001000100010001
	case 4:
		return uint64(binary.NativeEndian.Uint32(from)) * 0x0000000100000001
	}
	return binary.NativeEndian.Uint64(from)
}
