// Package movement moves the elements of tensors, as bytes. Its vector routines transpose matrices of elements of 1, 2,
// 4 or 8 bytes:
//
//	out[j][i] = in[i][j]
//
// The rows of both have a stride, so that a matrix may be any two axes of a tensor: that is how a Permutation reorders
// all axes. A Taking copies the elements at some positions of each axis, a Padding surrounds a tensor with a constant,
// and CopyRuns, Take and Repeat copy runs of bytes.
package movement

import (
	"fmt"
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
	"github.com/tf2ng/tf2ng/kernels/internal/variant"
)

// Variant is one implementation for elements of Size bytes; its tile is MR by NR elements.
type Variant struct {
	variant.Info
	Size int

	run func(m Matrix, r0, r1 int)
}

// Matrix is an input matrix and the memory for its transpose.
type Matrix struct {
	Out, In             []byte
	Rows, Columns       int // of the input matrix
	OutStride, InStride int // bytes from row to row
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

// Run transposes rows [r0,r1) of the input. Calls for rows that do not overlap may run at the same time. Run panics
// if a slice is shorter than the matrix.
func (v *Variant) Run(m Matrix, r0, r1 int) {
	if r0 >= r1 || m.Columns <= 0 {
		return
	}
	if in, out := span(m.Rows, m.Columns, m.InStride, v.Size), span(m.Columns, m.Rows, m.OutStride, v.Size); r0 < 0 ||
		r1 > m.Rows || len(m.In) < in || len(m.Out) < out {
		panic(fmt.Sprintf("movement: got %d and %d bytes for rows %d to %d of %d by %d, want %d and %d",
			len(m.In), len(m.Out), r0, r1, m.Rows, m.Columns, in, out))
	}
	v.run(m, r0, r1)
}

// span returns how many bytes a matrix takes from its first element to the end of its last.
func span(rows, columns, stride, size int) int { return (rows-1)*stride + columns*size }

// block is how many rows are moved together: few enough that their lines of the output stay in the first-level cache.
const block = 64

func runPortable[T uint8 | uint16 | uint32 | uint64](m Matrix, r0, r1 int) {
	for i := r0; i < r1; i += block {
		rest[T](m, i, min(i+block, r1), 0, m.Columns)
	}
}

// rest moves rows [i0,i1) of columns [j0,j1) with a plain loop: over the columns if there are few rows, and the columns
// of the output lie close together.
func rest[T uint8 | uint16 | uint32 | uint64](m Matrix, i0, i1, j0, j1 int) {
	const few, line = 8, 64
	size := int(unsafe.Sizeof(T(0)))
	if i1-i0 < few && m.OutStride <= line {
		for ; j0 < j1; j0 += block {
			for i := i0; i < i1; i++ {
				copyRuns[T](m.Out[j0*m.OutStride+i*size:], m.In[i*m.InStride+j0*size:], min(block, j1-j0), m.OutStride, size)
			}
		}
		return
	}
	for j := j0; j < j1; j++ {
		to := view.First[T](m.Out[j*m.OutStride+i0*size:], i1-i0)
		from := i0*m.InStride + j*size
		for i := range to {
			to[i] = *(*T)(unsafe.Pointer(&m.In[from]))
			from += m.InStride
		}
	}
}

// squares returns a function that moves squares of side by side elements with a routine, and the rest in Go. run
// takes the call by value, so that the call stays on the stack.
func squares[T uint8 | uint16 | uint32 | uint64](side int, run func(c call)) func(m Matrix, r0, r1 int) {
	size := int(unsafe.Sizeof(T(0)))
	return func(m Matrix, r0, r1 int) {
		i := r0
		for ; i+side <= r1 && m.Columns >= side; i += side {
			run(call{
				out: unsafe.Pointer(&m.Out[i*size]), in: unsafe.Pointer(&m.In[i*m.InStride]),
				outStride: m.OutStride, inStride: m.InStride, blocks: m.Columns / side,
			})
			rest[T](m, i, i+side, m.Columns/side*side, m.Columns)
		}
		runPortable[T](m, i, r1)
	}
}
