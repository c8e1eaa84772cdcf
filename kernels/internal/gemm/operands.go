package gemm

import (
	"fmt"
	"math"
	"slices"
)

// Operand names an operand of an Epilogue.
type Operand uint8

// The operands.
const (
	Pre Operand = iota
	Scale
	Bias
	Post
	SumScale // one value, not one per column
)

var operandNames = [...]string{Pre: "pre", Scale: "scale", Bias: "bias", Post: "post", SumScale: "sum scale"}

// String returns a name such as scale.
func (o Operand) String() string {
	if int(o) < len(operandNames) {
		return operandNames[o]
	}
	return fmt.Sprintf("invalid(%d)", uint8(o))
}

// OperandSet is a set of operands.
type OperandSet uint8

// With returns s with o added.
func (s OperandSet) With(o Operand) OperandSet { return s | 1<<o }

// Has reports whether o is in s.
func (s OperandSet) Has(o Operand) bool { return s&(1<<o) != 0 }

// Has reports whether the epilogue has the step of an operand, be it constant or computed.
func (e *Epilogue) Has(o Operand) bool {
	switch {
	case o == SumScale:
		return e.Sum != NoSum
	case e.Computed.Has(o):
		return true
	}
	return e.Constant(o) != nil
}

// Constant returns the constant values of an operand, one for each column; nil if there are none.
func (e *Epilogue) Constant(o Operand) []float32 {
	if e.Computed.Has(o) || o >= SumScale {
		return nil
	}
	return [...][]float32{e.Pre, e.Scale, e.Bias, e.Post}[o]
}

// checkOperands checks the number of values of each operand.
func (e *Epilogue) checkOperands(n int) error {
	for o := Pre; o < SumScale; o++ {
		if v := e.Constant(o); v != nil && len(v) != n {
			return fmt.Errorf("epilogue: got %d %s values, want %d or none", len(v), o, n)
		}
	}
	if e.Computed.Has(SumScale) && e.Sum == NoSum {
		return fmt.Errorf("epilogue: got a computed sum scale without a summand")
	}
	return nil
}

// Operands are the start values of the accumulators and the values of an epilogue's
// operands, in the form that kernels read: one for each column, padded with zeros to
// whole panels.
type Operands struct {
	columns  [SumScale][]float32 // nil: the step is absent
	init     []int32
	sumScale float32
}

// newOperands returns the operands of e, with zeros in place of those that are computed.
func newOperands(e *Epilogue, init []int32, padded int) Operands {
	o := Operands{init: make([]int32, padded), sumScale: e.SumScale}
	copy(o.init, init)
	for i := range o.columns {
		if e.Has(Operand(i)) {
			o.columns[i] = make([]float32, padded)
			copy(o.columns[i], e.Constant(Operand(i)))
		}
	}
	return o
}

// identities fills in absent operands with values that change nothing, so that the portable epilogue needs no branches:
// x+(-0) and x*1 are x, also for zeros of both signs.
func (o *Operands) identities() {
	minusZero := float32(math.Copysign(0, -1))
	for i, neutral := range [...]float32{Pre: minusZero, Scale: 1, Bias: minusZero, Post: 1} {
		if o.columns[i] == nil {
			o.columns[i] = slices.Repeat([]float32{neutral}, len(o.init))
		}
	}
}

// NewOperands returns operands for Args: a copy of p's constants, into which Set and SetInit store computed values.
// They must not be stored while a Run uses them.
func (p *Packed) NewOperands() *Operands {
	o := Operands{init: slices.Clone(p.operands.init), sumScale: p.operands.sumScale}
	for i, v := range p.operands.columns {
		o.columns[i] = slices.Clone(v)
	}
	return &o
}

// Set stores the values of an operand, repeating them until all columns have one. It panics if v is empty or if the
// epilogue does not have the operand.
func (p *Packed) Set(o *Operands, which Operand, v []float32) {
	if which == SumScale {
		o.sumScale = v[0]
		return
	}
	Repeat(o.columns[which][:p.spec.N], v)
}

// Repeat fills to by repeating the values of v.
func Repeat(to, v []float32) {
	for n := copy(to, v); n < len(to); {
		n += copy(to[n:], to[:n/len(v)*len(v)])
	}
}

// SetInit stores the start values, one for each column.
func (p *Packed) SetInit(o *Operands, v []int32) {
	copy(o.init, v[:p.spec.N])
	for n, s := range p.shifts {
		o.init[n] += s
	}
}

// checkOperands checks that o, if not nil, was made for p.
func (p *Packed) checkOperands(o *Operands) error {
	if o == nil {
		if p.spec.Epilogue.Computed != 0 {
			return fmt.Errorf("got no operands, but some of them are computed")
		}
		return nil
	}
	if len(o.init) != len(p.operands.init) {
		return fmt.Errorf("got operands of %d columns, want %d", len(o.init), len(p.operands.init))
	}
	for i, v := range p.operands.columns {
		if len(o.columns[i]) != len(v) {
			return fmt.Errorf("got operands of another epilogue: %d values of %s, want %d",
				len(o.columns[i]), Operand(i), len(v))
		}
	}
	return nil
}
