package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Pad]("Pad")

// PadMode says what the padding is filled with.
type PadMode uint8

// The pad modes.
const (
	PadConstant  PadMode = iota // a value
	PadReflect                  // the elements mirrored at the first and last element, which are not repeated
	PadSymmetric                // the elements mirrored at the edges, so the first and last element are repeated
	numPadModes
)

var padModeNames = [numPadModes]string{"CONSTANT", "REFLECT", "SYMMETRIC"}

// String returns TensorFlow's name.
func (m PadMode) String() string { return enum.Name(m, padModeNames[:]) }

// MarshalText writes the name, which stands for the PadMode in JSON.
func (m PadMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a pad mode's name.
func (m *PadMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "pad mode", padModeNames[:])
}

// Pad adds elements before and after each dimension.
//
//	Inputs:  x: any type, any shape
//	         value: the type of x, []: the padding's value; only with PadConstant
//	Outputs: y: the type of x; dimension d is Below[d] + dimension d of x + Above[d]
//
//	C1: Mode is one of the modes
//	C2: Below and Above have one number per dimension, each in [0, 2^24]
//	C3: value has the type of x and shape []
//	C4: a mirrored dimension is at least the padding (PadReflect: larger)
//
// It is nGraph's op::v0::Pad, and TensorFlow's Pad, PadV2 and MirrorPad with constant
// paddings.
type Pad struct {
	Below []int   `json:"padding_below"`
	Above []int   `json:"padding_above"`
	Mode  PadMode `json:"mode,omitempty"`
}

// InputNames names the inputs.
func (op *Pad) InputNames() []string { return []string{"x", "value"} }

// Infer checks C1 to C4.
func (op *Pad) Infer(in []core.Operand) ([]core.Fact, error) {
	if op.Mode >= numPadModes {
		return nil, core.Violation("C1", -1, "unknown pad mode %d", op.Mode)
	}
	n := 1
	if op.Mode == PadConstant {
		n = 2
	}
	if err := core.WantInputs(in, n); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(op.Below) != len(op.Above) || s.Ranked() && len(op.Below) != len(s) {
		return nil, core.Violation("C2", -1, "got %d paddings below and %d above for shape %v, want one per dimension",
			len(op.Below), len(op.Above), s)
	}
	typ := in[0].Type
	if n == 2 {
		if !in[1].Type.Compatible(typ) || !in[1].Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C3", 1, "got %v, want %v", in[1].Fact, core.Fact{Type: typ, Shape: core.Shape{}})
		}
		typ = max(typ, in[1].Type)
	}
	out := infer.UnknownShape(len(op.Below))
	for i := range out {
		below, above := op.Below[i], op.Above[i]
		if below < 0 || above < 0 || below > geometry.MaxWindow || above > geometry.MaxWindow {
			return nil, core.Violation("C2", -1, "got paddings below %v and above %v, want each in [0, %d]",
				op.Below, op.Above, geometry.MaxWindow)
		}
		if !s.Ranked() || s[i] == core.Unknown {
			continue
		}
		if room := s[i] - int(op.Mode&1); op.Mode != PadConstant && max(below, above) > room {
			return nil, core.Violation("C4", 0,
				"got shape %v with paddings below %v and above %v, want at most %d in dimension %d",
				s, op.Below, op.Above, room, i)
		}
		out[i] = below + s[i] + above
	}
	out, err := infer.CheckedShape(out)
	return []core.Fact{{Type: typ, Shape: out}}, err
}

// BatchInputs says that x has the batch axis (axis 0), unless that axis is padded.
func (op *Pad) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	if op.Below[0] != 0 || op.Above[0] != 0 {
		return nil
	}
	return trait.FirstInput(in)
}

// Eval copies each element from its position in x, or sets it to value.
func (op *Pad) Eval(in, out []*core.Tensor) error {
	s := in[0].Shape()
	to := make(core.Shape, len(s))
	for i, d := range s {
		to[i] = op.Below[i] + d + op.Above[i]
	}
	if err := elements.Ensure(out, 0, in[0].Type(), to); err != nil {
		return err
	}
	dst := elements.Whole(out[0])
	if op.Mode == PadConstant {
		elements.Move(dst, elements.Region{Tensor: in[1], Strides: make([]int, len(to))}, to)
		for i, b := range op.Below {
			dst.At += b * dst.Strides[i]
		}
		elements.Move(dst, elements.Whole(in[0]), s)
		return nil
	}
	src := elements.Whole(in[0])
	one := infer.UnknownShape(len(to))
	for i := range one {
		one[i] = 1
	}
	elements.EachIndex(to, func(idx []int) {
		from := src
		for i, v := range idx {
			from.At += op.mirrored(v-op.Below[i], s[i]) * src.Strides[i]
		}
		elements.Move(dst, from, one)
		dst.At++
	})
	return nil
}

// mirrored maps a position outside [0, n) into it.
func (op *Pad) mirrored(p, n int) int {
	edge := 1 // PadReflect does not repeat the element at the edge
	if op.Mode == PadSymmetric {
		edge = 0
	}
	switch {
	case p < 0:
		return -p - 1 + edge
	case p >= n:
		return 2*n - 1 - p - edge
	}
	return p
}

// Places are the positions of mirrored elements.
func (op *Pad) Places(x, out core.Shape) (trait.Places, bool) {
	if op.Mode == PadConstant {
		return trait.Places{}, false
	}
	return trait.NewPlaces(x, out, func(axis, i int) int { return op.mirrored(i-op.Below[axis], x[axis]) }), true
}
