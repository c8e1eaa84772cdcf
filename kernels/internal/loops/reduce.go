package loops

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Reduction makes one number of many.
type Reduction uint8

// The reductions. Integers wrap. Reals have no loops but of extremes.
const (
	Sum  Reduction = iota
	Mean           // the sum of integers in 64 bits, divided and truncated
	Product
	Largest  // NaN if any is
	Smallest // NaN if any is
	numReductions
)

var reductionNames = [numReductions]string{"sum", "mean", "product", "largest", "smallest"}

// String returns the name of the reduction in those of kernels.
func (r Reduction) String() string { return reductionNames[r] }

// Reduce stores, for each of columns columns of each of count matrices x, the reduction of its rows in out. There is at
// least one row.
type Reduce func(out, x []byte, count, rows, columns int)

// Reducing returns the kernel of a reduction of a type.
func Reducing(s isa.Set, t dtype.Type, r Reduction) Kernel[Reduce] {
	loop := reducing(t, r)
	if loop == nil {
		return Kernel[Reduce]{}
	}
	if run, i := reductionOf(s, t, r, loop); run != nil {
		return named(r, t, i, run)
	}
	return named(r, t, isa.Portable, loop)
}

// reducing returns the loop of a reduction of a type; nil if there is none.
func reducing(t dtype.Type, r Reduction) Reduce {
	switch t {
	case dtype.U8:
		return wholeReduce[uint8](r)
	case dtype.I8:
		return wholeReduce[int8](r)
	case dtype.U16:
		return wholeReduce[uint16](r)
	case dtype.I16:
		return wholeReduce[int16](r)
	case dtype.U32:
		return wholeReduce[uint32](r)
	case dtype.I32:
		return wholeReduce[int32](r)
	case dtype.I64:
		return wholeReduce[int64](r)
	case dtype.F64:
		if r == Largest || r == Smallest {
			return extremes[float64](r)
		}
	}
	return nil
}

// columnBlock is how many columns are reduced together, row by row.
const columnBlock = 64

// blocks returns what calls one for each row if there is one column. Else it calls block for some columns at a time.
func blocks[T number](one func(v []T) T, block func(to, x []T, stride int)) Reduce {
	return func(out, x []byte, count, rows, columns int) {
		to, v := view.First[T](out, count*columns), view.First[T](x, count*rows*columns)
		for ; len(to) > 0; to, v = to[columns:], v[rows*columns:] {
			if columns == 1 {
				to[0] = one(v[:rows])
				continue
			}
			for at := 0; at < columns; at += columnBlock {
				block(to[at:min(at+columnBlock, columns)], v[at:rows*columns], columns)
			}
		}
	}
}

func wholeReduce[T whole](r Reduction) Reduce {
	switch r {
	case Sum:
		return blocks(func(v []T) T { return T(sumOf(v)) }, func(to, x []T, stride int) {
			var acc [columnBlock]int64
			addColumns(acc[:len(to)], x, stride)
			for i := range to {
				to[i] = T(acc[i])
			}
		})
	case Mean:
		return means[T]
	case Product:
		return blocks(productOf[T], multiplyColumns[T])
	}
	return wholeExtremes[T](r)
}

func means[T whole](out, x []byte, count, rows, columns int) {
	n := int64(rows)
	blocks(func(v []T) T { return T(truncated64(sumOf(v), n)) }, func(to, x []T, stride int) {
		var acc [columnBlock]int64
		addColumns(acc[:len(to)], x, stride)
		for i := range to {
			to[i] = T(truncated64(acc[i], n))
		}
	})(out, x, count, rows, columns)
}

// truncated64 returns a / b. Float64, which divides faster, has the quotient to the integer below 2^52.
func truncated64(a, b int64) int64 {
	const most = 1 << 52
	if uint64(a+most) < 2*most && uint64(b) < most {
		return int64(float64(a) / float64(b))
	}
	return a / b
}

func sumOf[T whole](v []T) int64 {
	var a, b, c, d int64
	for ; len(v) >= 4; v = v[4:] {
		a, b, c, d = a+int64(v[0]), b+int64(v[1]), c+int64(v[2]), d+int64(v[3])
	}
	for _, e := range v {
		a += int64(e)
	}
	return a + b + c + d
}

func addColumns[T whole](acc []int64, x []T, stride int) {
	for ; len(x) >= len(acc); x = x[min(stride, len(x)):] {
		for i, v := range x[:len(acc)] {
			acc[i] += int64(v)
		}
	}
}

func productOf[T whole](v []T) T {
	a, b, c, d := T(1), T(1), T(1), T(1)
	for ; len(v) >= 4; v = v[4:] {
		a, b, c, d = a*v[0], b*v[1], c*v[2], d*v[3]
	}
	for _, e := range v {
		a *= e
	}
	return a * b * c * d
}

func multiplyColumns[T whole](to, x []T, stride int) {
	copy(to, x)
	for x = x[min(stride, len(x)):]; len(x) >= len(to); x = x[min(stride, len(x)):] {
		for i, v := range x[:len(to)] {
			to[i] *= v
		}
	}
}

func extremes[T number](r Reduction) Reduce {
	if r == Largest {
		return blocks(largerOf[T], largerColumns[T])
	}
	return blocks(smallerOf[T], smallerColumns[T])
}

func largerOf[T number](v []T) T {
	m := v[0]
	for _, e := range v[1:] {
		m = larger(m, e)
	}
	return m
}

func smallerOf[T number](v []T) T {
	m := v[0]
	for _, e := range v[1:] {
		m = smaller(m, e)
	}
	return m
}

func largerColumns[T number](to, x []T, stride int) {
	copy(to, x)
	for x = x[min(stride, len(x)):]; len(x) >= len(to); x = x[min(stride, len(x)):] {
		row := x[:len(to)]
		for i, v := range row {
			to[i] = larger(to[i], v)
		}
	}
}

func smallerColumns[T number](to, x []T, stride int) {
	copy(to, x)
	for x = x[min(stride, len(x)):]; len(x) >= len(to); x = x[min(stride, len(x)):] {
		row := x[:len(to)]
		for i, v := range row {
			to[i] = smaller(to[i], v)
		}
	}
}

// wholeExtremes is extremes for integers, whose order does not matter.
func wholeExtremes[T whole](r Reduction) Reduce {
	if r == Largest {
		return blocks(largestOf[T], maxColumns[T])
	}
	return blocks(smallestOf[T], minColumns[T])
}

// widenedMax is the larger number. It widens bytes and halves of words: only for words is a choice without branches.
func widenedMax[T whole](a, b T) T {
	if unsafe.Sizeof(a) < 4 {
		return T(max(int64(a), int64(b)))
	}
	return max(a, b)
}

// widenedMin is the smaller number, likewise.
func widenedMin[T whole](a, b T) T {
	if unsafe.Sizeof(a) < 4 {
		return T(min(int64(a), int64(b)))
	}
	return min(a, b)
}

func largestOf[T whole](v []T) T {
	a, b, c, d := v[0], v[0], v[0], v[0]
	for ; len(v) >= 4; v = v[4:] {
		a, b, c, d = widenedMax(a, v[0]), widenedMax(b, v[1]), widenedMax(c, v[2]), widenedMax(d, v[3])
	}
	for _, e := range v {
		a = widenedMax(a, e)
	}
	return max(a, b, c, d)
}

func smallestOf[T whole](v []T) T {
	a, b, c, d := v[0], v[0], v[0], v[0]
	for ; len(v) >= 4; v = v[4:] {
		a, b, c, d = widenedMin(a, v[0]), widenedMin(b, v[1]), widenedMin(c, v[2]), widenedMin(d, v[3])
	}
	for _, e := range v {
		a = widenedMin(a, e)
	}
	return min(a, b, c, d)
}

func maxColumns[T whole](to, x []T, stride int) {
	copy(to, x)
	for x = x[min(stride, len(x)):]; len(x) >= len(to); x = x[min(stride, len(x)):] {
		row := x[:len(to)]
		for i, v := range row {
			to[i] = widenedMax(to[i], v)
		}
	}
}

func minColumns[T whole](to, x []T, stride int) {
	copy(to, x)
	for x = x[min(stride, len(x)):]; len(x) >= len(to); x = x[min(stride, len(x)):] {
		row := x[:len(to)]
		for i, v := range row {
			to[i] = widenedMin(to[i], v)
		}
	}
}

// Index stores, for each of columns columns of each matrix of x, the row of its extreme in at, whose length tells how
// many matrices there are. A matrix has at least one row.
type Index func(at []int64, x []byte, rows, columns int)

// ArgExtreme returns the kernel that finds the first row of the largest number of each column, or of the smallest, in
// one matrix after the other. NaN is neither.
func ArgExtreme(s isa.Set, t dtype.Type, largest bool) Kernel[Index] {
	r := Smallest
	if largest {
		r = Largest
	}
	extreme := Reducing(s, t, r)
	if t == dtype.F64 || extreme.Run == nil {
		return kernelOf(fmt.Sprintf("index_%v", t), isa.Portable, indexLoop(t, largest, nil))
	}
	return kernelOf(fmt.Sprintf("index_%v", t), extreme.ISA, indexLoop(t, largest, extreme.Run))
}

// indexLoop returns the loop of a type. extreme finds the extremes of rows of integers.
func indexLoop(t dtype.Type, largest bool, extreme Reduce) Index {
	switch t {
	case dtype.U8:
		return argExtreme(largest, indexOf[uint8](extreme))
	case dtype.I8:
		return argExtreme(largest, indexOf[int8](extreme))
	case dtype.U16:
		return argExtreme(largest, indexOf[uint16](extreme))
	case dtype.I16:
		return argExtreme(largest, indexOf[int16](extreme))
	case dtype.U32:
		return argExtreme(largest, indexOf[uint32](extreme))
	case dtype.I32:
		return argExtreme(largest, indexOf[int32](extreme))
	case dtype.I64:
		return argExtreme(largest, indexOf[int64](extreme))
	case dtype.F32:
		return argExtreme(largest, func(v []float32, _ []byte) int { return IndexOfReal(v, largest) })
	}
	return argExtreme(largest, func(v []float64, _ []byte) int { return IndexOfReal(v, largest) })
}

// indexOf returns a function that finds the first extreme of a row, of which extreme finds the value.
func indexOf[T whole](extreme Reduce) func(v []T, spare []byte) int {
	return func(v []T, spare []byte) int {
		b := view.Bytes(v)
		extreme(spare, b, 1, len(v), 1)
		if unsafe.Sizeof(v[0]) == 1 {
			return bytes.IndexByte(b, spare[0])
		}
		return slices.Index(v, view.Of[T](spare)[0])
	}
}

// argExtreme returns what finds the extremes of columns, or by a function that of a row, which has room for a number to
// spare.
func argExtreme[T number](largest bool, of func(v []T, spare []byte) int) Index {
	return func(at []int64, x []byte, rows, columns int) {
		v := view.First[T](x, rows*len(at))
		if columns == 1 {
			for i := range at {
				at[i] = int64(of(v[i*rows:][:rows], view.Bytes(at[i:i+1])))
			}
			return
		}
		for ; len(at) > 0; at, v = at[columns:], v[rows*columns:] {
			argColumns(at[:columns], v, rows, largest)
		}
	}
}

// argColumns finds the first row of the extreme of each column.
func argColumns[T number](at []int64, v []T, rows int, largest bool) {
	var best [columnBlock]T
	columns := len(at)
	for c := 0; c < columns; c += columnBlock {
		n := min(columnBlock, columns-c)
		to, b := at[c:c+n], best[:n]
		clear(to)
		copy(b, v[c:])
		for k := 1; k < rows; k++ {
			if row := v[k*columns+c:][:n]; largest {
				above(to, b, row, int64(k))
			} else {
				below(to, b, row, int64(k))
			}
		}
	}
}

// above notes row number k where its numbers are above the best.
func above[T number](at []int64, best, row []T, k int64) {
	best, at = best[:len(row)], at[:len(row)]
	for i, v := range row {
		if b := best[i]; v > b || b != b && v == v {
			best[i], at[i] = v, k
		}
	}
}

// below notes row number k where its numbers are below the best.
func below[T number](at []int64, best, row []T, k int64) {
	best, at = best[:len(row)], at[:len(row)]
	for i, v := range row {
		if b := best[i]; v < b || b != b && v == v {
			best[i], at[i] = v, k
		}
	}
}

// IndexOfReal returns the first index of the largest number of a row, or of the smallest. NaN is neither; of a row of
// NaN alone it is 0.
func IndexOfReal[T real](v []T, largest bool) int {
	at := -1
	if largest {
		best := T(math.Inf(-1))
		for i, e := range v {
			if e > best {
				best, at = e, i
			}
		}
	} else {
		best := T(math.Inf(1))
		for i, e := range v {
			if e < best {
				best, at = e, i
			}
		}
	}
	if at < 0 { // the least possible extreme and NaN are all there is
		at = max(0, slices.IndexFunc(v, func(e T) bool { return e == e }))
	}
	return at
}
