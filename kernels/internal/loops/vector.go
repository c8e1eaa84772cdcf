package loops

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"unsafe"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// native has the vector routines of this build by their names, a function, an element's type and an instruction set:
// add_b16_avx2. The bits of an element are enough if the function regards no sign. Files of an architecture set it
// in init.
var native map[string]func(c call)

// round is how many elements a routine computes at a time. The plain loop computes what is left.
const round = 64

// routine is a vector routine.
type routine func(c call)

// find returns the routine of a function of a type for the most capable instruction set of s that has one; nil if none
// has.
func find(s isa.Set, function fmt.Stringer, t dtype.Type) (routine, isa.ISA) {
	names := []string{fmt.Sprintf("%v_%v", function, t), fmt.Sprintf("%v_b%d", function, 8*t.Size())}
	if isReal(t) {
		names = names[:1]
	}
	return lookUp(s, names...)
}

// lookUp returns the first routine that there is.
func lookUp(s isa.Set, names ...string) (routine, isa.ISA) {
	for _, i := range isa.All() {
		for _, name := range names {
			if run := native[name+"_"+i.String()]; run != nil && s.Has(i) {
				return run, i
			}
		}
	}
	return nil, isa.Portable
}

// start returns the address of the first of n bytes. It panics if there are fewer, and if n is 0.
func start(b []byte, n int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b[:n:n])) }

// pairs returns what computes functions of pairs of elements of size bytes, whose results have to bytes.
func (r routine) pairs(size, to int, loop Pairs) Pairs {
	return func(out, x, y []byte, n int) {
		m := n &^ (round - 1)
		if m > 0 {
			r(call{
				out: start(out, m*to), x: start(x, m*size), y: start(y, m*size), n: m,
				xStep: round * size, yStep: round * size,
			})
		}
		if m < n {
			loop(out[m*to:], x[m*size:], y[m*size:], n-m)
		}
	}
}

// each returns what computes elements of to bytes from those of from bytes.
func (r routine) each(from, to int, loop Each) Each {
	return rounds(from, to, loop, func(out, x []byte, n int) {
		r(call{out: start(out, n*to), x: start(x, n*from), n: n})
	})
}

// rounds returns what has vector compute whole rounds, and loop the rest.
func rounds(from, to int, loop, vector Each) Each {
	return func(out, x []byte, n int) {
		m := n &^ (round - 1)
		if m > 0 {
			vector(out[:m*to], x[:m*from], m)
		}
		if m < n {
			loop(out[m*to:], x[m*from:], n-m)
		}
	}
}

// filled returns a round of elements of size bytes that are all v.
func filled(size int, v uint64) []byte {
	return bytes.Repeat(binary.LittleEndian.AppendUint64(nil, v)[:size], round)
}

// by returns what computes whole rounds of a function of x and a number, or of a number and x if first.
func (r routine) by(size, to int, number uint64, first bool) Each {
	numbers := filled(size, number)
	return func(out, x []byte, n int) {
		c := call{out: start(out, n*to), x: start(x, n*size), y: start(numbers, len(numbers)), n: n, xStep: round * size}
		if first {
			c.x, c.y, c.xStep, c.yStep = c.y, c.x, 0, c.xStep
		}
		r(c)
	}
}

// pairsOf returns what computes a function of two numbers in vectors, and loop the rest; nil if there is no routine.
func pairsOf(s isa.Set, t dtype.Type, f Function, loop Pairs) (Pairs, isa.ISA) {
	size := t.Size()
	switch f {
	case And, Or, Xor:
		run, i := find(s, f, dtype.U8)
		if run == nil {
			return nil, i
		}
		bytes := run.pairs(1, 1, pairLoop(dtype.U8, f))
		return func(out, x, y []byte, n int) { bytes(out, x, y, n*size) }, i
	case SquaredDifference:
		subtract, _ := find(s, Subtract, t)
		multiply, i := find(s, Multiply, t)
		if subtract == nil || multiply == nil {
			return nil, i
		}
		difference := subtract.pairs(size, size, pairLoop(t, Subtract))
		square := multiply.pairs(size, size, pairLoop(t, Multiply))
		return func(out, x, y []byte, n int) {
			difference(out, x, y, n)
			square(out, out, out, n)
		}, i
	}
	if f == Power {
		run, i := find(s, Multiply, t)
		if run == nil || t == dtype.F64 {
			return nil, i
		}
		return powersBy(size, run.pairs(size, size, pairLoop(t, Multiply)), loop), i
	}
	run, i := find(s, f, t)
	if run == nil {
		return nil, i
	}
	return run.pairs(size, size, loop), i
}

// powersBy returns what computes powers by multiplications if all exponents are the same, as a number that is broadcast
// is, unless that is 0.
func powersBy(size int, multiply, loop Pairs) Pairs {
	return func(out, x, y []byte, n int) {
		var e [8]byte
		copy(e[:], y[:size])
		exponent := binary.LittleEndian.Uint64(e[:])
		if exponent == 0 || !bytes.Equal(y[:(n-1)*size], y[size:n*size]) {
			loop(out, x, y, n)
			return
		}
		copy(out, x[:n*size])
		for bit := bits.Len64(exponent) - 2; bit >= 0; bit-- {
			multiply(out, out, out, n)
			if exponent>>bit&1 != 0 {
				multiply(out, out, x, n)
			}
		}
	}
}

// step is a function of a number and a constant, which comes first if first is set.
type step struct {
	f      Function
	number int64
	first  bool
}

// stepsOf returns the steps of a function of integers that is made of functions of two; none if it is not.
func stepsOf(t dtype.Type, f UnaryFunction) []step {
	switch {
	case isReal(t):
	case f == Negative:
		return []step{{Subtract, 0, true}}
	case f == Relu:
		return []step{{Maximum, 0, false}}
	case f == Relu6 && isSigned(t):
		return []step{{Maximum, 0, false}, {Minimum, 6, false}}
	case f == Relu6:
		return []step{{Minimum, 6, false}}
	case f == Sign && isSigned(t):
		return []step{{Maximum, -1, false}, {Minimum, 1, false}}
	}
	return nil
}

// eachOf is pairsOf for a function of one number.
func eachOf(s isa.Set, t dtype.Type, f UnaryFunction, loop Each) (Each, isa.ISA) {
	size := t.Size()
	switch {
	case f == Square:
		run, i := find(s, Multiply, t)
		if run == nil {
			return nil, i
		}
		pairs := run.pairs(size, size, pairLoop(t, Multiply))
		return func(out, x []byte, n int) { pairs(out, x, x, n) }, i
	case f == Invert:
		return bitsBy(s, size, Xor, math.MaxUint64, loop)
	case f == Abs && t == dtype.F64:
		return bitsBy(s, size, And, math.MaxInt64, loop)
	}
	steps := stepsOf(t, f)
	if steps == nil {
		run, i := find(s, f, t)
		if run == nil {
			return nil, i
		}
		return run.each(size, size, loop), i
	}
	var vectors []Each
	var used isa.ISA
	for _, step := range steps {
		run, i := find(s, step.f, t)
		if run == nil {
			return nil, i
		}
		vectors, used = append(vectors, run.by(size, size, uint64(step.number), step.first)), i
	}
	return rounds(size, size, loop, func(out, x []byte, n int) {
		for _, vector := range vectors {
			vector(out, x, n)
			x = out
		}
	}), used
}

// bitsBy returns what computes, in vectors, a function of bits and of those of a number.
func bitsBy(s isa.Set, size int, f Function, number uint64, loop Each) (Each, isa.ISA) {
	run, i := find(s, f, dtype.U8)
	if run == nil {
		return nil, i
	}
	numbers := filled(8, number)[:round]
	return rounds(size, size, loop, func(out, x []byte, n int) {
		n *= size
		run(call{out: start(out, n), x: start(x, n), y: start(numbers, round), n: n, xStep: round})
	}), i
}

// conversion returns the routine of a conversion; nil if there is none.
func conversion(s isa.Set, from, to dtype.Type) (routine, isa.ISA) {
	unsigned := func(t dtype.Type) string { return fmt.Sprintf("b%d", 8*t.Size()) }
	switch {
	case isReal(from) || isReal(to):
		return lookUp(s, fmt.Sprintf("%v_to_%v", from, to))
	case from.Size() < to.Size():
		return lookUp(s, fmt.Sprintf("%v_to_%s", from, unsigned(to)))
	}
	return lookUp(s, unsigned(from)+"_to_"+unsigned(to))
}

// columnVectors is how many columns are reduced together, row by row: their results stay in the first-level cache.
const columnVectors = 1024

// columnsBy are the functions that reduce rows to one.
var columnsBy = map[Reduction]Function{Sum: Add, Product: Multiply, Largest: Maximum, Smallest: Minimum}

// reductionOf is pairsOf for a reduction of integers.
func reductionOf(s isa.Set, t dtype.Type, r Reduction, loop Reduce) (Reduce, isa.ISA) {
	f, ok := columnsBy[r]
	if !ok || isReal(t) {
		return nil, isa.Portable
	}
	pairs, size := Binary(s, t, f).Run, t.Size()
	row, i := lookUp(s, fmt.Sprintf("%v_rows_%v", r, t), fmt.Sprintf("%v_rows_b%d", r, 8*size))
	if row == nil {
		return nil, isa.Portable
	}
	return func(out, x []byte, count, rows, columns int) {
		lanes := 64 / size
		switch {
		case columns == 1 && (i != isa.AVX2 || rows*size%32 == 0):
			row(call{
				out: start(out, count*size), x: start(x, count*rows*size), n: rows, rows: count, rest: 1<<(rows%lanes) - 1,
			})
		case columns < round:
			loop(out, x, count, rows, columns)
		default:
			for ; count > 0; count-- {
				for at := 0; at < columns; at += columnVectors {
					n := min(columnVectors, columns-at)
					to := out[at*size:][:n*size]
					copy(to, x[at*size:])
					for k := 1; k < rows; k++ {
						pairs(to, to, x[(k*columns+at)*size:], n)
					}
				}
				out, x = out[columns*size:], x[rows*columns*size:]
			}
		}
	}, i
}

// Choose computes n elements: those of x where the byte of condition is not 0, and of y elsewhere.
type Choose func(out, condition, x, y []byte, n int)

// Selecting returns the kernel that chooses elements of 1, 2 or 8 bytes.
func Selecting(s isa.Set, size int) Kernel[Choose] {
	loop := map[int]Choose{1: choose[uint8], 2: choose[uint16], 8: choose[uint64]}[size]
	if loop == nil {
		return Kernel[Choose]{}
	}
	does := fmt.Sprintf("select_b%d", 8*size)
	run, i := lookUp(s, does)
	if run == nil {
		return kernelOf(does, i, loop)
	}
	return kernelOf[Choose](does, i, func(out, condition, x, y []byte, n int) {
		m := n &^ (round - 1)
		if m > 0 {
			run(call{
				out: start(out, m*size), x: start(condition, m), y: start(x, m*size), z: start(y, m*size), n: m,
			})
		}
		if m < n {
			loop(out[m*size:], condition[m:], x[m*size:], y[m*size:], n-m)
		}
	})
}

func choose[T uint8 | uint16 | uint64](out, condition, x, y []byte, n int) {
	to, a, b := three[T](out, x, y, n)
	a, b, condition = a[:len(to)], b[:len(to)], condition[:len(to)]
	for i := range to {
		mask := -T(min(condition[i], 1))
		to[i] = a[i]&mask | b[i]&^mask
	}
}
