package elementwise

import (
	"encoding/binary"
	"math"
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

// rounds returns a function that computes as many elements as it can with each routine in turn, and the rest with the
// portable variant.
func rounds(primitive Primitive, routines []routine) func(out, x, y []byte, n int, p *Numbers) {
	xSize, outSize := primitive.sizes()
	ySize := primitive.ySize()
	binary, estimate := primitive.isBinary(), primitive == Estimate
	flips := primitive == Quantize || primitive == QuantizeShifted || estimate
	if primitives[primitive].role == folding {
		outSize = 0 // all elements are folded into the same results
	}
	angular, remainder, doubleAngular := primitive.isAngular(), primitive.isRemainder(), primitive.isDoubleAngular()
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
		portable[primitive](out, x, y, n, p)
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
