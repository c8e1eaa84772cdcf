package core

import (
	"fmt"
)

// PostOpKind is a primitive step of a PostOp list.
type PostOpKind uint8

// The primitive steps on f, a float32 that starts as f32(accumulator). v and s are
// operands: graph values of shape [], [channels], or that of the output.
const (
	PostAdd           PostOpKind = iota // f = f + f32(v)
	PostMul                             // f = f * f32(v)
	PostMulAdd                          // f = fma(f32(v), f32(s), f): one rounding
	PostLinear                          // f = fma(f, f32(s), f32(v)): one rounding; operands s, v
	PostActivation                      // f = Activation(f)
	PostRoundSaturate                   // the integer min(max(Round(f) + z, Lo), Hi) of Type; z is 0 or an operand
	numPostOps
)

var postOpNames = [numPostOps]string{"Add", "Mul", "MulAdd", "Linear", "Activation", "RoundSaturate"}

// String returns the step's name.
func (k PostOpKind) String() string { return enumName(k, postOpNames[:]) }

// MarshalText makes a PostOpKind its name in JSON.
func (k PostOpKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText parses a step's name.
func (k *PostOpKind) UnmarshalText(b []byte) error {
	return parseEnum(k, string(b), "post-op", postOpNames[:])
}

// PostOp is one step that IntegerConvolution and IntegerDot apply to each
// accumulator, in float32, every step rounded on its own.
type PostOp struct {
	Kind       PostOpKind `json:"kind"`
	Activation Activation `json:"activation,omitempty"` // PostActivation
	Alpha      float32    `json:"alpha,omitempty"`      // LeakyRelu's slope

	Type      Type      `json:"type,omitempty"` // PostRoundSaturate: the integer type
	Lo        int64     `json:"lo,omitempty"`
	Hi        int64     `json:"hi,omitempty"`
	Round     RoundMode `json:"round,omitempty"`
	ZeroPoint bool      `json:"zero_point,omitempty"` // there is an operand z
}

// LargestFloatI32 is the largest float32 within i32. oneDNN limits a float to it before it
// makes an i32 of it.
const LargestFloatI32 = 1<<31 - 128

// RoundSaturate returns the step that rounds half to even and saturates to all of t.
func RoundSaturate(t Type) PostOp {
	lo, hi := t.Bounds()
	return PostOp{Kind: PostRoundSaturate, Type: t, Lo: lo, Hi: hi, Round: RoundNearestTowardEven}
}

// Operands returns how many graph values the step reads.
func (p PostOp) Operands() int {
	switch {
	case p.Kind == PostMulAdd, p.Kind == PostLinear:
		return 2
	case p.Kind == PostAdd, p.Kind == PostMul, p.Kind == PostRoundSaturate && p.ZeroPoint:
		return 1
	}
	return 0
}

// String writes the step for people: RoundSaturate(u8, 0, 255).
func (p PostOp) String() string {
	switch p.Kind {
	case PostActivation:
		return p.Activation.String()
	case PostRoundSaturate:
		return fmt.Sprintf("RoundSaturate(%v, %d, %d)", p.Type, p.Lo, p.Hi)
	}
	return p.Kind.String()
}

// inferPostOps validates a list and its operands for an output of a (maybe
// partial) shape, and returns the output's type. first is the input number of the
// first operand.
//
//	C10: RoundSaturate is the last step, its type an integer type, Lo <= Hi within it
//	C11: one operand per step that needs one (two for MulAdd and Linear)
//	C12: operands are numbers of shape [], [channels] or the output's shape
func inferPostOps(posts []PostOp, operands []Operand, first int, out Shape, channelAxis int) (Type, error) {
	typ := I32
	if len(posts) > 0 {
		typ = F32
	}
	need := 0
	for i, p := range posts {
		need += p.Operands()
		switch {
		case p.Kind >= numPostOps:
			return 0, Violation("C10", -1, "post-op %d: unknown kind %d", i, p.Kind)
		case p.Kind == PostActivation && p.Activation >= numActivations:
			return 0, Violation("C10", -1, "post-op %d: unknown activation %d", i, p.Activation)
		case p.Kind != PostRoundSaturate:
			continue
		case i != len(posts)-1:
			return 0, Violation("C10", -1, "post-op %d: RoundSaturate must be the last step", i)
		case p.Type != I8 && p.Type != U8 && p.Type != I32:
			return 0, Violation("C10", -1, "post-op %d: got type %v, want i8, u8 or i32", i, p.Type)
		}
		if lo, hi := p.Type.Bounds(); p.Lo < lo || p.Hi > hi || p.Lo > p.Hi || p.Round >= numRoundModes {
			return 0, Violation("C10", -1, "post-op %d: got bounds [%d, %d], want within those of %v", i, p.Lo, p.Hi, p.Type)
		}
		typ = p.Type
	}
	if need != len(operands) {
		return 0, Violation("C11", -1, "got %d post-op operands, want %d", len(operands), need)
	}
	for i, v := range operands {
		if v.Type == String || v.Type == Bool {
			return 0, Violation("C12", first+i, "got %v, want numbers", v.Fact)
		}
		if !v.Shape.Ranked() || len(v.Shape) == 0 || !out.Ranked() {
			continue
		}
		if perChannel := (Shape{out[channelAxis]}); v.Shape.Compatible(perChannel) || v.Shape.Compatible(out) {
			continue
		}
		return 0, Violation("C12", first+i, "got post-op operand %v, want shape [], [%d] or %v",
			v.Fact, out[channelAxis], out)
	}
	return typ, nil
}

// postOps applies a list of steps to accumulators: the reference.
type postOps struct {
	steps []PostOp
	read  []func(out, channel int) float64 // one per operand
	acc   []int32                          // the output, if it is the raw accumulators
	real  []float32                        // the output, if it is f32
	set   func(out int, v int64)           // writes the output, if RoundSaturate made it
}

func newPostOps(steps []PostOp, operands []*Tensor, out *Tensor) *postOps {
	p := &postOps{steps: steps}
	for _, t := range operands {
		p.read = append(p.read, operandReader(t, len(out.Shape())))
	}
	switch {
	case len(steps) == 0:
		p.acc = Data[int32](out)
	case out.Type() == F32:
		p.real = Data[float32](out)
	default:
		p.set = out.intSetter()
	}
	return p
}

// operandReader returns a function that reads an operand of shape [], [channels] or
// the output's, for an output of the given rank.
func operandReader(t *Tensor, rank int) func(out, channel int) float64 {
	v := t.Float64s()
	switch {
	case len(t.Shape()) == 0:
		return func(_, _ int) float64 { return v[0] }
	case len(t.Shape()) == 1 && rank != 1:
		return func(_, channel int) float64 { return v[channel] }
	default:
		return func(out, _ int) float64 { return v[out] }
	}
}

// apply takes one accumulator through the steps and stores the result.
func (p *postOps) apply(out, channel int, acc int32) {
	if p.acc != nil {
		p.acc[out] = acc
		return
	}
	f := float32(acc)
	next := 0
	operand := func() float64 {
		next++
		return p.read[next-1](out, channel)
	}
	for _, s := range p.steps {
		switch s.Kind {
		case PostAdd:
			f = f + float32(operand())
		case PostMul:
			f = float32(f * float32(operand()))
		case PostMulAdd:
			v, scale := float32(operand()), float32(operand())
			f = FMA32(v, scale, f)
		case PostLinear:
			scale, v := float32(operand()), float32(operand())
			f = FMA32(f, scale, v)
		case PostActivation:
			f = s.Activation.Apply(f, s.Alpha)
		case PostRoundSaturate:
			r := s.Round.Round(float64(f))
			if s.ZeroPoint {
				r += operand()
			}
			p.set(out, Saturate(r, s.Lo, s.Hi))
			return
		}
	}
	p.real[out] = f
}
