package elementwise

import (
	"encoding/binary"
	"math"
	"sync"
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// constants are the numbers that the routines of functions read, each repeated for all float64 of the widest vector.
var constants = repeated(activation.Constants())

// doubleConstants are those that the routines of functions of float64 read.
var doubleConstants = repeated(transcendental.Constants())

func repeated(numbers []float64) (list [][8]float64) {
	for _, c := range numbers {
		list = append(list, [8]float64{c, c, c, c, c, c, c, c})
	}
	return list
}

// geluPolynomials points to the polynomials of activation.Gelu, which the routines of Gelu take as y.
var geluPolynomials = func() unsafe.Pointer {
	p := activation.GeluPolynomials()
	return unsafe.Pointer(&p)
}()

// fusedNumbers points to activation.FusedNumbers, which the routines of functions that TensorFlow fuses take as y.
var fusedNumbers = unsafe.Pointer(unsafe.SliceData(activation.FusedNumbers()))

// routines are the routines for an instruction set, by primitive; run is nil if there is none.
type routines [numPrimitives]routine

// assembled returns the variants for an instruction set: one for each routine of first. A variant leaves what its
// routine cannot compute to the routines of others for the same primitive.
func assembled(i isa.ISA, first routines, others ...routines) (all []Variant) {
	for p, r := range first {
		if r.run == nil {
			continue
		}
		list := []routine{r}
		for _, o := range others {
			list = append(list, o[p])
		}
		run := rounds(Primitive(p), list)
		if Primitive(p) == Softmax {
			run = softmaxOf(r)
		}
		all = append(all, of(Primitive(p), r.step, i, run))
	}
	return all
}

// routine computes a multiple of step elements; step is a power of two. run takes the call by value, so that the call
// stays on the stack.
type routine struct {
	step int
	run  func(c call)
}

// padding is room for copies of fewer elements than a routine computes at a time.
type padding struct{ out, x, y [256]byte }

var paddings = sync.Pool{New: func() any { return new(padding) }}

// minPadded is the least number of elements that are worth a round of a routine, if their function is.
const minPadded = 6

// pays reports whether a round of a routine of a primitive over copies takes less time than the portable variant. What
// follows the copies does not matter to it.
func (r routine) pays(p Primitive) bool {
	x, out := p.sizes()
	if most := len(padding{}.x); r.step*max(x, out) > most || p.isBinary() && r.step*p.ySize() > most {
		return false
	}
	switch p {
	case ToF16, ToBF16, ConvertF16, AddF16, AddBF16, Power, Atan2, Xlogy, Xlog1py, F64Atan2, F64Xlogy, F64Xlog1py:
		return r.run != nil
	case Square, Cube, Sqrt, Scaled, Divided, Shifted, Abs, Flushed, LeakyRelu, Sign, F64Sqrt, F64LeakyRelu:
		return false
	}
	role := primitives[p].role
	return r.run != nil && (role == function || role == doubleFunction)
}

// padded computes elements, fewer than the routine's step, by a round over copies. y has an operand for each unless it
// is nil.
func (r routine) padded(c call, out, x, y []byte) {
	p := paddings.Get().(*padding)
	copy(p.x[:], x)
	if c.n, c.out, c.x = r.step, unsafe.Pointer(&p.out), unsafe.Pointer(&p.x); y != nil {
		copy(p.y[:], y)
		c.y = unsafe.Pointer(&p.y)
	}
	r.run(c)
	copy(out, p.out[:])
	paddings.Put(p)
}

// rounds returns a function that computes as many elements as it can with each routine in turn, and the rest with the
// portable variant, or the last routine.
func rounds(primitive Primitive, routines []routine) func(out, x, y []byte, n int, p *Numbers) {
	xSize, outSize := primitive.sizes()
	ySize := primitive.ySize()
	binary, estimate := primitive.isBinary(), primitive == Estimate
	flips := primitive == Quantize || primitive == QuantizeShifted || estimate
	if primitives[primitive].role == folding {
		outSize = 0 // all elements are folded into the same results
	}
	angular, remainder, doubleAngular := primitive.isAngular(), primitive.isRemainder(), primitive.isDoubleAngular()
	last := routines[len(routines)-1]
	pays := last.pays(primitive)
	numbers := unsafe.Pointer(&constants[0])
	if outSize == 8 && xSize == 8 {
		numbers = unsafe.Pointer(&doubleConstants[0])
	}
	return func(out, x, y []byte, n int, p *Numbers) {
		if angular && !areAngles(x) || doubleAngular && !areDoubleAngles(view.First[float64](x, n)) ||
			remainder && !areQuotients(view.First[float32](x, n), view.First[float32](y, n)) {
			portable[primitive](out, x, y, n, p)
			return
		}
		c := call{flip: 0x80808080, constants: numbers}
		if p != nil {
			c.scale, c.sub, c.lo, c.hi, c.back, c.zero = p.Scale, p.Sub, p.Lo, p.Hi, p.Back, p.Zero
			c.stride = p.Second
			if flips && !p.Flip {
				c.flip = 0
			}
		}
		for _, r := range routines {
			c.n = n &^ (r.step - 1) // 0 if there is no routine, since its step is 0
			if c.n == 0 {
				continue
			}
			c.out, c.x, c.y = unsafe.Pointer(&out[0]), unsafe.Pointer(&x[0]), unsafe.Pointer(unsafe.SliceData(y))
			r.run(c)
			if n == c.n {
				return
			}
			out, x, n = out[outSize*c.n:], x[xSize*c.n:], n-c.n
			if binary {
				y = y[ySize*c.n:]
			} else if estimate {
				y = y[c.n/8:]
			}
		}
		switch {
		case !pays || n < minPadded:
			portable[primitive](out, x, y, n, p)
		case binary:
			last.padded(c, out, x, y)
		default:
			last.padded(c, out, x, nil)
		}
	}
}

// softmaxOf returns the function of a routine that computes whole rows.
func softmaxOf(r routine) func(out, x, y []byte, n int, p *Numbers) {
	return func(out, x, y []byte, n int, _ *Numbers) {
		length := RowLength(y)
		rest := length & (r.step - 1)
		r.run(call{
			out: unsafe.Pointer(&out[0]), x: unsafe.Pointer(&x[0]), n: length - rest, flip: 1<<rest - 1,
			constants: unsafe.Pointer(&constants[0]), rows: n / length, stride: 4 * length,
		})
	}
}

// areAngles reports whether the vector routines support all elements as angles: whether the bits of no magnitude are
// above those of activation.MostAngle. It adds to the bits of two numbers at a time what sets their topmost bits if
// they are.
func areAngles(x []byte) bool {
	const magnitudes, topmost = 0x7fffffff_7fffffff, 0x80000000_80000000
	above := (1<<31 - 1 - uint64(math.Float32bits(activation.MostAngle))) * (1<<32 + 1)
	var sums [4]uint64
	for ; len(x) >= 32; x = x[32:] {
		v := (*[32]byte)(x)
		sums[0] |= binary.NativeEndian.Uint64(v[:])&magnitudes + above
		sums[1] |= binary.NativeEndian.Uint64(v[8:])&magnitudes + above
		sums[2] |= binary.NativeEndian.Uint64(v[16:])&magnitudes + above
		sums[3] |= binary.NativeEndian.Uint64(v[24:])&magnitudes + above
	}
	for ; len(x) >= 4; x = x[4:] {
		sums[0] |= uint64(binary.NativeEndian.Uint32(x))&magnitudes + above
	}
	return (sums[0]|sums[1]|sums[2]|sums[3])&topmost == 0
}

// areDoubleAngles is areAngles for float64.
func areDoubleAngles(x []float64) bool {
	const magnitudes, topmost = 1<<63 - 1, 1 << 63
	above := magnitudes - math.Float64bits(transcendental.MostAngle)
	var sum uint64
	for _, v := range x {
		sum |= math.Float64bits(v)&magnitudes + above
	}
	return sum&topmost == 0
}

// mostQuotient bounds the quotients that the vector routines support: smaller ones are rounded to float64, which has
// enough bits for their fractions.
const mostQuotient = 1 << 28

// areQuotients reports whether the vector routines support the remainders of all x/y.
func areQuotients(x, y []float32) bool {
	large := false
	for i, v := range x {
		a, b := math.Float32bits(v)&^(1<<31), math.Float32frombits(math.Float32bits(y[i])&^(1<<31))
		large = large || !(math.Float32frombits(a) < b*mostQuotient && b <= math.MaxFloat32)
	}
	return !large
}
