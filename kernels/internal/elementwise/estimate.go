package elementwise

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// A chain that spells out x/2 * (1 + f(x)) and quantizes it computes an estimate first, with a primitive that is
// faster but has other last bits. Where the estimate is so near the middle of two whole numbers that the chain may
// round to the other one, the chain's own steps decide. So the bytes are those of the steps.

// estimateError bounds the difference between what a chain's steps and what the primitive make of x/2 * (1 + f(x)):
// each is within 2**-18 of the exact value up to |x| = 8, and from there on both are x or 0.
const estimateError = 0x1p-17

// roundingError bounds, in steps of the quantization, what the affine steps after the function may add to the
// difference: at most mostAffine of them round numbers of at most 256 + mostOffset.
const (
	roundingError = 0x1p-10
	mostAffine    = 8
	mostOffset    = 512
)

// doubtful is how many elements the steps decide together; a multiple of 64.
const doubtful = 512

// estimateScratch is how many bytes of scratch an estimate needs: positions, numbers and bytes of doubtful elements,
// and a bit for each element of a block.
const estimateScratch = (4+4+1)*doubtful + Block/8

// estimate says how a chain is estimated.
type estimate struct {
	function, quantize *Variant
	numbers            Numbers // of quantize
	x, y               int     // the buffers that the chain reads and writes
}

// estimated returns the estimate of a chain with variants within s; nil if there is none, or none that is faster.
func (c *Chain) estimated(s isa.Set) *estimate {
	last := &c.steps[len(c.steps)-1]
	if len(c.buffers) != 2 || last.Kind != StoreQuantized || c.tile >= 0 {
		return nil
	}
	e := &estimate{x: c.steps[0].Source.Buffer, y: last.Buffer}
	v, ok := e.operand(&c.steps[0])
	for i := 1; ok && i < len(c.steps)-1; i++ {
		ok = v.change(e, &c.steps[i])
	}
	for i := 0; ok && i < len(last.then); i++ {
		ok = v.change(e, &last.then[i])
	}
	if !ok {
		return nil
	}
	p, ok := v.estimate()
	if !ok || !v.quantize(last.Numbers, &e.numbers) {
		return nil
	}
	e.function, e.quantize = Choose(s, p), Choose(s, Estimate)
	if e.function.ISA == isa.Portable || e.quantize.ISA == isa.Portable {
		return nil
	}
	e.numbers.Zero = e.zero(c, p)
	return e
}

// mayBeZero are the negative numbers of which a primitive may make 0 and a chain's steps a little. Of those below, both
// make 0; of those above, but for subnormal numbers, neither.
var mayBeZero = map[Primitive][2]float32{Gelu: {-5.75, -5.4375}, GeluApproximate: {-5.25, -5.125}}

// zero returns what the quantization of an estimate of 0 is to begin with, instead of t: the whole number that is the
// byte of the steps wherever p makes 0, if t is in doubt and that is one byte.
func (e *estimate) zero(c *Chain, p Primitive) float32 {
	n := &e.numbers
	t, bounds := -n.Sub, mayBeZero[p]
	low := float32(math.Floor(float64(t)))
	if t <= n.Lo || t >= n.Hi || t-low <= n.Back || low+1-t <= n.Back {
		return t
	}
	scratch, bytes := make([]byte, Scratch), make([]byte, Block)
	numbers := make([]byte, 4*Block)
	var buffers [2][]byte
	buffers[e.x], buffers[e.y] = numbers, bytes
	x := view.First[float32](numbers, Block)
	for i := range x {
		x[i] = -8
	}
	copy(x, []float32{0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -math.MaxFloat32})
	c.runSteps(buffers[:], scratch, 0, Block)
	first := bytes[0]
	for at, end := math.Float32bits(bounds[1]), math.Float32bits(bounds[0]); ; at += Block {
		if slices.ContainsFunc(bytes, func(b byte) bool { return b != first }) {
			return t
		}
		if at >= end {
			break
		}
		for i := range x {
			x[i] = math.Float32frombits(at + uint32(i))
		}
		c.runSteps(buffers[:], scratch, 0, Block)
	}
	for _, whole := range []float32{low, low + 1} {
		if byte(int32(whole))^flipOf(n) == first {
			return whole
		}
	}
	return t
}

// operand returns the value of a step's operand; false unless it is made of x and single numbers.
func (e *estimate) operand(s *step) (v term, ok bool) {
	switch o := &s.Source; {
	case o.Values != nil:
		v.p[0], ok = float64(o.Values[0]), len(o.Values) == 1
	case o.Row == 0 && o.Type == dtype.F32:
		v.p[1], ok = 1, o.Buffer == e.x
	}
	for i := 0; ok && i < len(s.then); i++ {
		ok = v.change(e, &s.then[i])
	}
	return v, ok
}

// term is a value that a chain computes of x:
//
//	polynomial(x)               where f is 0
//	polynomial(x) * f           where it is a primitive of the polynomial inner that belongs to it
//	polynomial(x) * (1+f)       with more
//	k*x * (1+f) + offset
//
// All coefficients are at least 0, so nothing cancels out, and those of sums of powers are at most 1, so x overflows
// only where it is infinite, or in a power whose function is 1 or -1.
type term struct {
	p       [4]float64
	f       Primitive // Erf or Tanh
	more    bool
	rounded bool
	offset  float64
	largest float64 // of all |offset|/k on the way
	affine  int     // steps after the function
}

// isNumber reports whether the term is a polynomial of degree 0.
func (v *term) isNumber() bool { return v.f == 0 && v.p[1] == 0 && v.p[2] == 0 && v.p[3] == 0 }

// isWhole reports whether the term is k*x * (1+f).
func (v *term) isWhole() bool {
	return v.more && v.p[0] == 0 && v.p[1] > 0 && v.p[2] == 0 && v.p[3] == 0
}

// change applies a step; false if what it makes is no term.
func (v *term) change(e *estimate, s *step) bool {
	if v.rounded {
		return false
	}
	switch s.Kind {
	case Combine, CombineSwapped:
		o, ok := e.operand(s)
		return ok && v.combine(s, o)
	case Apply:
		return v.apply(s.Primitive)
	case DropNaN: // NaN is always in doubt
		return true
	case RoundAway: // differs from rounding to even only in the middle
		v.rounded = v.isWhole()
		return v.rounded
	}
	return false
}

func (v *term) combine(s *step, o term) bool {
	number := o.isNumber() && s.Kind == Combine
	switch {
	case s.Primitive == Multiply:
		return v.multiply(o)
	case s.Primitive == Divide && number && o.p[0] > 0:
		return v.multiply(term{p: [4]float64{1 / o.p[0]}})
	case s.Primitive == Add:
		return v.add(o)
	case s.Primitive == Subtract && number && v.isWhole():
		o.p[0] = -o.p[0]
		return v.add(o)
	case s.Primitive == Power && number && o.p[0] == 2:
		return v.apply(Square)
	case s.Primitive == Power && number && o.p[0] == 3:
		return v.apply(Cube)
	}
	return false
}

// multiply multiplies by another term, of which at most one has a function.
func (v *term) multiply(o term) bool {
	if v.isWhole() {
		v.p[1], v.offset = v.p[1]*o.p[0], v.offset*o.p[0]
		v.affine++
		return o.isNumber() && o.p[0] > 0
	}
	if v.f != 0 && o.f != 0 || o.isWhole() {
		return false
	}
	if o.f != 0 {
		v.f, v.more = o.f, o.more
	}
	var p [4]float64
	for i, a := range v.p {
		for j, b := range o.p {
			switch {
			case a == 0 || b == 0:
			case a < 0 || b < 0 || i+j >= len(p):
				return false
			default:
				p[i+j] += a * b
			}
		}
	}
	v.p = p
	return v.isBounded()
}

func (v *term) isBounded() bool {
	for _, a := range v.p {
		if !(a >= 0 && a <= 1) {
			return false
		}
	}
	return true
}

// add adds a polynomial: a number to a whole term, and 1 to a function.
func (v *term) add(o term) bool {
	switch {
	case v.isWhole() && o.isNumber():
		v.offset += o.p[0]
		v.largest = max(v.largest, v.offset/v.p[1], -v.offset/v.p[1])
		v.affine++
		return true
	case v.f != 0:
		if v.more || !o.isNumber() || o.p[0] != 1 || v.p != [4]float64{1} {
			return false
		}
		v.more = true
		return true
	case o.f != 0:
		return false
	}
	for i, a := range o.p {
		v.p[i] += a
	}
	return v.isBounded()
}

// apply applies a power to a*x, or Erf or Tanh to the polynomial that belongs to it.
func (v *term) apply(f Primitive) bool {
	const (
		sqrtHalf = 0.70710678118654752440 // in Gelu
		sqrt2Pi  = 0.79788456080286535588 // in its approximation
		cubed    = 0.044715
	)
	near := func(p [4]float64) bool {
		for i, a := range p {
			if d := v.p[i] - a; !(d <= a*0x1p-22 && d >= a*-0x1p-22) {
				return false
			}
		}
		return v.f == 0
	}
	a := v.p[1]
	isLinear := v.f == 0 && v.p == [4]float64{1: a}
	switch {
	case f == Flushed: // changes less than what is neglected
		return true
	case f == Square && isLinear:
		v.p = [4]float64{2: a * a}
	case f == Cube && isLinear:
		v.p = [4]float64{3: a * a * a}
	case f == Erf && near([4]float64{1: sqrtHalf}), f == Tanh && near([4]float64{1: sqrt2Pi, 3: sqrt2Pi * cubed}):
		v.p, v.f = [4]float64{1}, f
	default:
		return false
	}
	return true
}

// estimate returns the primitive that estimates the whole term, but for its factor and offset.
func (v *term) estimate() (p Primitive, ok bool) {
	if v.f == Erf {
		return Gelu, v.isWhole()
	}
	return GeluApproximate, v.isWhole() && v.f == Tanh
}

// quantize makes the numbers of Estimate from those of Quantize; false if there are too many doubts.
func (v *term) quantize(q Numbers, e *Numbers) bool {
	k, sub, scale := 2*v.p[1], float64(q.Sub), float64(q.Scale)
	factor, offset := k*scale, (v.offset-sub)*scale
	largest := max(v.largest/2*factor, offset, -offset)
	if v.rounded && q.Scale != 1 || !(largest <= mostOffset) || v.affine > mostAffine-2 ||
		q.Lo != float32(int(q.Lo)) || q.Hi != float32(int(q.Hi)) {
		return false
	}
	*e = Numbers{
		Scale: float32(factor), Sub: float32(-offset), Lo: q.Lo, Hi: q.Hi, Flip: q.Flip,
		Back: float32(0.5 - factor*estimateError - roundingError),
	}
	// What no estimate can be far off, and where numbers that overflow are beyond all bytes.
	return factor >= 0x1p-10 && e.Back >= 0.25
}

// run computes elements [i0,i1) of the chain.
func (e *estimate) run(c *Chain, buffers [][]byte, scratch []byte, i0, i1 int) {
	values, own := scratch[:4*Block], scratch[chainScratch:]
	mask, doubts := own[:Block/8], own[Block/8:estimateScratch]
	in, out, count := buffers[e.x], buffers[e.y], 0
	for at := i0; at < i1; at += Block {
		n := min(Block, i1-at)
		if n < Block {
			clear(mask)
		}
		e.function.Run(values, in[4*at:], nil, n, nil)
		e.quantize.Run(out[at:], values, mask, n, &e.numbers)
		for i := 0; i < n; i += 64 {
			for word := binary.LittleEndian.Uint64(mask[i/8:]); word != 0; word &= word - 1 {
				k := at + i + bits.TrailingZeros64(word)
				binary.NativeEndian.PutUint32(doubts[4*count:], uint32(k))
				*(*[4]byte)(doubts[4*(doubtful+count):]) = [4]byte(in[4*k:])
				if count++; count == doubtful {
					e.decide(c, out, scratch, doubts, count)
					count = 0
				}
			}
		}
	}
	e.decide(c, out, scratch, doubts, count)
}

// decide takes count doubtful elements through the steps of the chain.
func (e *estimate) decide(c *Chain, out, scratch, doubts []byte, count int) {
	if count == 0 {
		return
	}
	n := (count + 63) &^ 63 // the routines compute whole vectors
	numbers, bytes := doubts[4*doubtful:8*doubtful], doubts[8*doubtful:]
	clear(numbers[4*count : 4*n])
	var buffers [2][]byte
	buffers[e.x], buffers[e.y] = numbers, bytes
	c.runSteps(buffers[:], scratch, 0, n)
	for i, b := range bytes[:count] {
		out[binary.NativeEndian.Uint32(doubts[4*i:])] = b
	}
}
