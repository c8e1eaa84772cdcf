// Package postop defines the steps that follow the integer sum of a product: scaling, adding, an activation,
// and the conversion back to integers.
package postop

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// Kind says what a Step does.
type Kind uint8

// The primitive steps on f, a float32 that starts as f32(accumulator). v and s are
// operands: graph values of shape [], [channels], or that of the output.
const (
	Add           Kind = iota // f = f + f32(v)
	Mul                       // f = f * f32(v)
	MulAdd                    // f = fma(f32(v), f32(s), f): one rounding
	Linear                    // f = fma(f, f32(s), f32(v)): one rounding; operands s, v
	Activation                // f = Activation(f)
	RoundSaturate             // the integer min(max(Round(f) + z, Lo), Hi) of Type; z is 0 or an operand
	numKinds
)

var kindNames = [numKinds]string{"Add", "Mul", "MulAdd", "Linear", "Activation", "RoundSaturate"}

// String returns the step's name.
func (k Kind) String() string { return enum.Name(k, kindNames[:]) }

// MarshalText writes the name, which stands for the Kind in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText parses a step's name.
func (k *Kind) UnmarshalText(b []byte) error {
	return enum.Parse(k, string(b), "post-op", kindNames[:])
}

// Step is one step that IntegerConvolution and IntegerDot apply to each
// accumulator, in float32, every step rounded on its own.
type Step struct {
	Kind       Kind               `json:"kind"`
	Activation numeric.Activation `json:"activation,omitempty"` // of the kind Activation
	Alpha      float32            `json:"alpha,omitempty"`      // LeakyRelu's slope

	Type      core.Type         `json:"type,omitempty"` // of RoundSaturate: the integer type
	Lo        int64             `json:"lo,omitempty"`
	Hi        int64             `json:"hi,omitempty"`
	Round     numeric.RoundMode `json:"round,omitempty"`
	ZeroPoint bool              `json:"zero_point,omitempty"` // there is an operand z
}

// RoundSaturateTo returns the step that rounds half to even and saturates to all of t.
func RoundSaturateTo(t core.Type) Step {
	lo, hi := t.Bounds()
	return Step{Kind: RoundSaturate, Type: t, Lo: lo, Hi: hi, Round: numeric.RoundNearestTowardEven}
}

// Operands returns how many values of the graph the step reads.
func (p Step) Operands() int {
	switch {
	case p.Kind == MulAdd, p.Kind == Linear:
		return 2
	case p.Kind == Add, p.Kind == Mul, p.Kind == RoundSaturate && p.ZeroPoint:
		return 1
	}
	return 0
}

// String writes the step for people: RoundSaturate(u8, 0, 255).
func (p Step) String() string {
	switch p.Kind {
	case Activation:
		return p.Activation.String()
	case RoundSaturate:
		return fmt.Sprintf("RoundSaturate(%v, %d, %d)", p.Type, p.Lo, p.Hi)
	}
	return p.Kind.String()
}

// Valid reports whether k is one of the steps.
func (k Kind) Valid() bool { return k < numKinds }
