package elementwise

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// by computes a step whose operand is one number, as a parameter of a primitive instead of an operand in memory.
type by struct {
	run     *Variant // nil if there is none
	numbers Numbers  // for an operand that does not depend on the row
	of      Primitive
}

// longRow is the least length of rows that are worth a call each.
const longRow = 256

// _ checks that Numbers fit into the scratch for them.
const _ = numbersSize - unsafe.Sizeof(Numbers{})

// by returns what computes a Combine with one number, or with one for each long row.
func (c *Chain) by(t *step) (b by) {
	one := len(t.Source.Values) == 1
	if !one && t.Source.Row < longRow || len(t.then) > 0 {
		return b
	}
	b.of = t.Primitive
	if one {
		b.numbers = b.numbersOf(t.Source.Values[0])
	}
	change := Scaled
	switch {
	case t.Primitive == Multiply:
	case t.Primitive == Add, t.Primitive == Subtract && t.Kind == Combine:
		change = Shifted
	case t.Primitive == Divide && t.Kind == Combine && one && isPower(b.numbers.Scale):
		b.numbers.Scale = 1 / b.numbers.Scale
	case t.Primitive == Divide && t.Kind == Combine:
		change = Divided
	default:
		return by{}
	}
	b.run = Choose(c.isas, change)
	return b
}

// numbersOf returns those by which Scaled, Shifted or Divided does what the primitive of the step does with v.
func (b *by) numbersOf(v float32) Numbers {
	switch b.of {
	case Add:
		return Numbers{Sub: -v}
	case Subtract:
		return Numbers{Sub: v}
	}
	return Numbers{Scale: v}
}

// isPower reports whether v is a power of two, of either sign, whose reciprocal is a normal number: then the product
// with the reciprocal is the quotient.
func isPower(v float32) bool {
	const exponent = 0xff << 23
	b := math.Float32bits(v)
	return b&(1<<23-1) == 0 && b&exponent != 0 && b&exponent < 254<<23
}

// shifted returns what computes a StoreQuantized that multiplies by a number, adds one, and quantizes whole numbers.
func (c *Chain) shifted(t *step) (b by) {
	if len(t.then) != 2 || t.Numbers.Scale != 1 || t.Numbers.Sub != 0 {
		return b
	}
	factor, offset := &t.then[0], &t.then[1]
	if factor.Kind != Combine || factor.Primitive != Multiply || len(factor.Source.Values) != 1 ||
		offset.Kind != Combine || offset.Primitive != Add || len(offset.Source.Values) != 1 {
		return b
	}
	b.run, b.numbers = Choose(c.isas, QuantizeShifted), t.Numbers
	b.numbers.Scale, b.numbers.Sub = factor.Source.Values[0], -offset.Source.Values[0]
	return b
}

// applyBy changes n values, of which it makes those in to. other ends with scratch for Numbers.
func (s *step) applyBy(to, current, other []byte, buffers [][]byte, at, n int) {
	row := s.Source.Row
	if row == 0 {
		s.by.run.Run(to, current, nil, n, &s.by.numbers)
		return
	}
	numbers := (*Numbers)(unsafe.Pointer(&other[len(other)-numbersSize]))
	values := s.rows(buffers)
	for i := 0; i < n; {
		k := min(row-(at+i)%row, n-i)
		*numbers = s.by.numbersOf(math.Float32frombits(binary.NativeEndian.Uint32(values[(at+i)/row*4%len(values):])))
		s.by.run.Run(to[4*i:], current[4*i:], nil, k, numbers)
		i += k
	}
}
