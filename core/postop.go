package core

import "fmt"

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

// Valid reports whether k is one of the steps.
func (k PostOpKind) Valid() bool { return k < numPostOps }
