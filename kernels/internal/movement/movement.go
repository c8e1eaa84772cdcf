// Package movement moves the elements of tensors, as bytes. Its vector routines transpose matrices of elements of 1, 2,
// 4 or 8 bytes:
//
//	out[j][i] = in[i][j]
//
// The rows of both begin anywhere, so that a matrix may be made of several axes of a tensor: that is how a Permutation
// reorders all axes. A Taking copies the elements at some positions of each axis, a Padding surrounds a tensor with a
// constant, and CopyRuns, Take and Repeat copy runs of bytes.
package movement

import (
	"fmt"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Variant is one implementation for elements of Size bytes; its tile is MR by NR elements.
type Variant struct {
	variant.Info
	Size int

	run func(m Matrix)
}

// Matrix is an input matrix and the memory for its transpose.
type Matrix struct {
	Out, In  []byte
	Rows     []int // where each row begins in In, in multiples of InStride; none begins behind the last one
	InStride int

	Columns   []int // where each row of the transpose begins in Out, in multiples of OutStride
	OutStride int
}

// does returns the Info.Does of the variants for elements of size bytes.
func does(size int) string { return fmt.Sprintf("transpose_b%d", 8*size) }

// variants has all variants of this build. Files of an architecture add theirs in init.
var variants = variant.New("movement",
	Variant{Info: variant.Info{Does: does(1), MR: 1, NR: 1}, Size: 1, run: runPortable[uint8]},
	Variant{Info: variant.Info{Does: does(2), MR: 1, NR: 1}, Size: 2, run: runPortable[uint16]},
	Variant{Info: variant.Info{Does: does(4), MR: 1, NR: 1}, Size: 4, run: runPortable[uint32]},
	Variant{Info: variant.Info{Does: does(8), MR: 1, NR: 1}, Size: 8, run: runPortable[uint64]},
)

// Variants describes all variants.
func Variants() []variant.Info { return variants.Infos() }

// Choose returns the fastest variant within s for elements of 1, 2, 4 or 8 bytes.
func Choose(s isa.Set, size int) *Variant { return variants.Choose(s, does(size)) }

// Run transposes a matrix. It panics if a slice is shorter than the matrix.
func (v *Variant) Run(m Matrix) {
	rows, columns := len(m.Rows), len(m.Columns)
	if rows == 0 || columns == 0 {
		return
	}
	in, out := m.Rows[rows-1]*m.InStride+columns*v.Size, m.Columns[columns-1]*m.OutStride+rows*v.Size
	if len(m.In) < in || len(m.Out) < out {
		panic(fmt.Sprintf("movement: got %d and %d bytes for a matrix of %d by %d, want %d and %d",
			len(m.In), len(m.Out), rows, columns, in, out))
	}
	v.run(m)
}

// RunStrided transposes a matrix whose rows begin inStride bytes apart, and those of the transpose outStride.
func (v *Variant) RunStrided(out, in []byte, rows, columns, outStride, inStride int) {
	for i := 0; i < rows; i += len(counting) {
		for j := 0; j < columns; j += len(counting) {
			v.Run(Matrix{
				Out: out[i*v.Size+j*outStride:], In: in[i*inStride+j*v.Size:], OutStride: outStride, InStride: inStride,
				Rows: counting[:min(len(counting), rows-i)], Columns: counting[:min(len(counting), columns-j)],
			})
		}
	}
}

// counting has the numbers 0, 1, 2, ...
var counting = func() (n [64]int) {
	for i := range n {
		n[i] = i
	}
	return n
}()

// runPortable moves columns with a plain loop each, or rows if there are few, and the columns of the output lie close
// together.
func runPortable[T any](m Matrix) {
	const few, line = 8, 64
	size, columns := int(unsafe.Sizeof(*new(T))), len(m.Columns)
	if len(m.Rows) < few && m.Columns[columns-1]*m.OutStride <= line*columns {
		for i, row := range m.Rows {
			scatter[T](m.Out[i*size:], m.In[row*m.InStride:], m.Columns, m.OutStride)
		}
		return
	}
	for j, column := range m.Columns {
		gather[T](m.Out[column*m.OutStride:], m.In[j*size:], m.Rows, m.InStride)
	}
}

// gather stores in to, one after the other, the elements of from at the given multiples of stride.
func gather[T any](to, from []byte, at []int, stride int) {
	out, in := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	for i, a := range at {
		*(*T)(unsafe.Add(out, i*int(unsafe.Sizeof(*new(T))))) = *(*T)(unsafe.Add(in, a*stride))
	}
}

// scatter stores the elements of from at the given multiples of stride in to.
func scatter[T any](to, from []byte, at []int, stride int) {
	out, in := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	for i, a := range at {
		*(*T)(unsafe.Add(out, a*stride)) = *(*T)(unsafe.Add(in, i*int(unsafe.Sizeof(*new(T)))))
	}
}

// squares returns a function that moves squares of side by side elements with a routine, of which the last ones overlap
// with others, and a matrix that is smaller than one with the function smaller. run takes the call by value, so that
// the call stays on the stack.
func squares(size, side int, run func(c call), smaller func(m Matrix)) func(m Matrix) {
	return func(m Matrix) {
		columns := len(m.Columns)
		if len(m.Rows) < side || columns < side {
			smaller(m)
			return
		}
		for i := 0; i < len(m.Rows); i += side {
			i := min(i, len(m.Rows)-side)
			c := call{
				out: unsafe.Pointer(&m.Out[i*size]), in: unsafe.Pointer(&m.In[0]),
				rows: unsafe.Pointer(&m.Rows[i]), inStride: m.InStride,
				columns: unsafe.Pointer(&m.Columns[0]), outStride: m.OutStride, blocks: columns / side,
			}
			run(c)
			if first := columns - side; columns%side != 0 {
				c.in, c.columns, c.blocks = unsafe.Pointer(&m.In[first*size]), unsafe.Pointer(&m.Columns[first]), 1
				run(c)
			}
		}
	}
}
