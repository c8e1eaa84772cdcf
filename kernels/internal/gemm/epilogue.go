package gemm

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Output is the element type of C.
type Output uint8

// The outputs. S32 stores the accumulators and allows no step of the epilogue. F32 stores the result of the float32
// chain. U8, I8 and I32 round and saturate that result.
const (
	S32 Output = iota
	F32
	U8
	I8
	I32
)

// Size returns the bytes of an element.
func (o Output) Size() int {
	if o == U8 || o == I8 {
		return 1
	}
	return 4
}

// SumType is the element type of the summand.
type SumType uint8

// The summands.
const (
	NoSum SumType = iota
	SumU8
	SumI8
	SumI32
	SumF32
)

// Size returns the bytes of an element.
func (t SumType) Size() int { return [...]int{NoSum: 0, SumU8: 1, SumI8: 1, SumI32: 4, SumF32: 4}[t] }

// Epilogue is a list of steps that are applied to an accumulator, in this order and in float32. Each step rounds its
// result:
//
//	f = f32(acc)
//	f = f + Pre[n]
//	f = f * Scale[n]
//	f = f + Bias[n]
//	f = fma(f32(sum[m,n]), SumScale, f)    one rounding
//	f = f > 0 ? f : 0                      Relu: NaN and -0 become +0
//	f = f * Post[n]
//	f = f > Lo ? f : Lo; f = f < Hi ? f : Hi; C = roundToEven(f)       U8, I8 and I32: NaN becomes Lo
//
// A step whose operand is nil (or NoSum, or false) is absent.
type Epilogue struct {
	Out                    Output
	Pre, Scale, Bias, Post []float32 // nil, or one value per column
	// Computed are the operands (including SumScale) whose values are given to each Run in Args.Operands. Their
	// steps are present, and their values here are ignored.
	Computed OperandSet

	Sum      SumType
	SumScale float32

	Relu   bool
	Lo, Hi int32 // the range of the results; for I32 the whole type, or see IsWordEnd
	// Flip inverts the topmost bit of each stored byte: an I8 result becomes a U8 one
	// with zero point 128.
	Flip bool
}

func (e *Epilogue) flags() (f uint32) {
	set := func(on bool, bit uint32) {
		if on {
			f |= bit
		}
	}
	set(e.Has(Pre), stepPre)
	set(e.Has(Scale), stepScale)
	set(e.Has(Bias), stepBias)
	set(e.Sum == SumU8, stepSumU8)
	set(e.Sum == SumI8, stepSumI8)
	set(e.Sum == SumI32, stepSumI32)
	set(e.Sum == SumF32, stepSumF32)
	set(e.Relu && !e.reluInRange(), stepRelu)
	set(e.Has(Post), stepPost)
	set(e.Out == F32, outF32)
	set(e.Out == U8, outU8)
	set(e.Out == I8, outI8)
	set(e.Out == I32, outI32)
	set(e.Flip, flipped)
	set(e.Out == U8 && e.Lo > 0 || e.Out == I8 && e.Lo > math.MinInt8, stepLo)
	set(e.Out == U8 && e.Hi < math.MaxUint8 || e.Out == I8 && e.Hi < math.MaxInt8, stepHi)
	set(e.Out.Size() == 1 && !e.bounded(), stepHi)
	return f
}

// reluInRange reports whether clamping to the range has the same effect as Relu: the lower bound is not negative, and
// no step after Relu changes a sign. (Without Relu, a negative value or NaN stays so and becomes Lo. With Relu it
// becomes 0 and then Lo.)
func (e *Epilogue) reluInRange() bool {
	if e.Out != U8 && e.Out != I8 || e.Lo < 0 || e.Computed.Has(Post) {
		return false
	}
	for _, v := range e.Post {
		if !(v > 0) {
			return false
		}
	}
	return true
}

// bounded reports whether no accumulator can bring the result of the chain near the upper end of int32, beyond which
// the conversion does not saturate.
func (e *Epilogue) bounded() bool {
	if e.Computed != 0 {
		return false
	}
	at := func(v []float32, n int, absent float64) float64 {
		if v == nil {
			return absent
		}
		return math.Abs(float64(v[n]))
	}
	sum := map[SumType]float64{NoSum: 0, SumU8: 255, SumI8: 128, SumI32: 1 << 31, SumF32: math.Inf(1)}[e.Sum]
	if e.Sum != NoSum {
		sum *= math.Abs(float64(e.SumScale))
	}
	columns := max(len(e.Pre), len(e.Scale), len(e.Bias), len(e.Post), 1)
	for n := range columns {
		f := ((1<<31+at(e.Pre, n, 0))*at(e.Scale, n, 1) + at(e.Bias, n, 0) + sum) * at(e.Post, n, 1)
		if !(f < 1<<30) { // NaN too
			return false
		}
	}
	return true
}

func (e *Epilogue) check(n int) error {
	if e.Out > I32 || e.Sum > SumF32 {
		return fmt.Errorf("epilogue: unknown output type %d or summand type %d", e.Out, e.Sum)
	}
	if err := e.checkOperands(n); err != nil {
		return err
	}
	if e.Flip && e.Out.Size() != 1 {
		return fmt.Errorf("epilogue: flip needs an 8-bit output")
	}
	switch e.Out {
	case S32:
		if e.flags() != outS32 {
			return fmt.Errorf("epilogue: accumulators as output admit no further step")
		}
	case U8:
		return e.checkRange(0, math.MaxUint8)
	case I8:
		return e.checkRange(math.MinInt8, math.MaxInt8)
	case I32:
		if e.Lo != math.MinInt32 || !IsWordEnd(int64(e.Hi)) {
			return fmt.Errorf("epilogue: got range [%d,%d], want all of i32, or up to a float32", e.Lo, e.Hi)
		}
	}
	return nil
}

func (e *Epilogue) checkRange(lo, hi int32) error {
	if e.Lo < lo || e.Hi > hi || e.Lo > e.Hi {
		return fmt.Errorf("epilogue: got range [%d,%d], want a range within [%d,%d]", e.Lo, e.Hi, lo, hi)
	}
	return nil
}

// finish applies the epilogue to the accumulators (start values included) of column n, in the rows from m on, and
// stores the results.
func (p *Packed) finish(a *Args, acc []int32, m, n int) {
	at := m*a.LDC + n*p.size
	if p.flags == outS32 {
		for i, v := range acc {
			binary.NativeEndian.PutUint32(a.C[at+i*a.LDC:], uint32(v))
		}
		return
	}
	o := a.Operands
	pre, scale, bias, post := o.columns[Pre][n], o.columns[Scale][n], o.columns[Bias][n], o.columns[Post][n]
	for i, v := range acc {
		// Conversions keep the compiler from fusing a product with the next sum.
		f := float32((float32(v)+pre)*scale) + bias
		if p.sumSize > 0 {
			f = fma(p.summand(a, m+i, n), o.sumScale, f)
		}
		if p.flags&stepRelu != 0 && !(f > 0) {
			f = 0
		}
		f = float32(f * post)
		if p.flags&outF32 != 0 {
			binary.NativeEndian.PutUint32(a.C[at+i*a.LDC:], math.Float32bits(f))
			continue
		}
		if p.flags&outI32 != 0 {
			binary.NativeEndian.PutUint32(a.C[at+i*a.LDC:], uint32(toWord(f, p.hi)))
			continue
		}
		a.C[at+i*a.LDC] = byte(roundToEven(clamp(f, p.lo, p.hi))) ^ p.flip
	}
}

// IsWordEnd reports whether hi can be the upper bound of I32 results: the largest number of the type, or a number that
// float32 represents exactly.
func IsWordEnd(hi int64) bool {
	return hi == math.MaxInt32 || hi >= 0 && hi < math.MaxInt32 && int64(float32(hi)) == hi
}

// toWord rounds half to even and saturates at hi and at the bounds of int32; NaN becomes the lowest int32.
func toWord(f, hi float32) int32 {
	f = min(f, hi)
	switch {
	case !(f > math.MinInt32):
		return math.MinInt32
	case f >= 1<<31:
		return math.MaxInt32
	}
	return int32(math.RoundToEven(float64(f)))
}

// roundToEven rounds a value of at most 2^22 in magnitude: its sum with 1.5*2^23 has no bits for a fraction.
func roundToEven(f float32) int32 {
	const big = 0x1.8p23
	return int32(math.Float32bits(float32(f+big))) - 0x4b400000
}

func (p *Packed) summand(a *Args, m, n int) float32 {
	s := a.Sum[m*a.LDSum+n*p.sumSize:]
	switch p.spec.Epilogue.Sum {
	case SumU8:
		return float32(s[0])
	case SumI8:
		return float32(int8(s[0]))
	case SumI32:
		return float32(int32(binary.NativeEndian.Uint32(s)))
	default:
		return math.Float32frombits(binary.NativeEndian.Uint32(s))
	}
}

// clamp computes what VMAXPS and then VMINPS do with the bound as second source: NaN becomes lo.
func clamp(f, lo, hi float32) float32 {
	if !(f > lo) {
		f = lo
	}
	if !(f < hi) {
		f = hi
	}
	return f
}

// fma returns x*y + z with one rounding. The product is exact in float64. The sum is rounded to odd in float64, which
// keeps the rounding to float32 correct: the lowest bit acts as a sticky bit far below the place that decides it.
func fma(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	// The exact error of the sum (Knuth's two-sum).
	b := s - p
	lost := (p - (s - b)) + (c - b)
	if bits := math.Float64bits(s); lost != 0 && bits&1 == 0 && !math.IsInf(s, 0) && s == s {
		// The exact sum lies between s and its neighbour in the direction of lost, and the neighbour is odd.
		if (lost > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return float32(s)
}
