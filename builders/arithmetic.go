// Package builders turns ranges of reals (min and max) into scales and zero points:
// the ten Scaled* builders of nGraph's document on quantization, under its names.
//
// nGraph and TensorFlow compute the same real numbers and round them differently. Every builder takes a
// Scope, whose Arithmetic says which of the two to follow to the last bit: nGraph's own code (the zero
// value), or a version of TensorFlow. In nGraph's arithmetic the builders emit QuantizedConvolution,
// QuantizedDot and the ops of package fusedops; in TensorFlow's they emit IntegerConvolution and IntegerDot
// with a list of post-ops.
//
// Ranges are graph values, constant or computed. Every node that a builder makes
// carries the builder's name in Origin.Builder.
package builders

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/quantization"
)

// Arithmetic says whose rounding a builder reproduces.
type Arithmetic uint8

// The arithmetics. Those of TensorFlow equal its CPU kernels (with oneDNN) bit for bit and are named after
// a version: 2_8 stands for versions up to 2.10, 2_13 for 2.11 to 2.13, 2_21 for 2.14 to 2.21.
const (
	NGraph Arithmetic = iota
	// TensorFlowAuto is TensorFlow2_21 without two of its defects: filters quantized per channel with an
	// int32 output, and the compensation for MIN_FIRST in matrix products with a float bias. There it
	// follows TensorFlow2_13 and says so in Origin.Repairs.
	TensorFlowAuto
	TensorFlow2_8
	TensorFlow2_13
	TensorFlow2_21
	numArithmetics
)

var arithmeticNames = [numArithmetics]string{"nGraph", "auto", "2.8", "2.13", "2.21"}

// String returns nGraph, auto, or TensorFlow's version.
func (a Arithmetic) String() string {
	if a < numArithmetics {
		return arithmeticNames[a]
	}
	return fmt.Sprintf("invalid(%d)", uint8(a))
}

// MarshalText writes the name, which stands for the Arithmetic in JSON.
func (a Arithmetic) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText parses an arithmetic's name.
func (a *Arithmetic) UnmarshalText(b []byte) error {
	for i, n := range arithmeticNames {
		if n == string(b) {
			*a = Arithmetic(i)
			return nil
		}
	}
	return fmt.Errorf("unknown arithmetic %q, want one of %q", b, arithmeticNames)
}

// upTo2_13 reports whether a is the arithmetic of a TensorFlow version before 2.14.
func (a Arithmetic) upTo2_13() bool { return a == TensorFlow2_8 || a == TensorFlow2_13 }

// Scope is passed to every builder along with its operands: the arithmetic, and the TensorFlow node that
// the call translates, if any.
type Scope struct {
	Arithmetic Arithmetic
	Node       string // the TensorFlow node; also the name of the core node that computes the output
	Op         string // its op
}

// Range holds the least and the greatest real that a quantized tensor can represent: two values of one
// real type, of shape [] or [1], or with one element per channel where the builder says so. nGraph's
// arithmetic uses the larger magnitude and accepts them in either order; TensorFlow's requires
// Min <= Max.
type Range struct{ Min, Max core.Value }

// Output is the result of a builder: a value and, in TensorFlow's arithmetic, the range that TensorFlow
// reports for it (unset for real outputs).
type Output struct {
	core.Value
	Range
}

// emitter creates the nodes of one builder call. After the first error it creates no more.
type emitter struct {
	Scope
	builder string
	repairs string // see core.Origin
	err     error
	ordered bool                  // a computed range, too, must have its min below its max
	made    map[string]core.Value // the first outputs of the nodes that play a role, by role
}

func newEmitter(s Scope, builder string) *emitter {
	return &emitter{Scope: s, builder: builder, made: map[string]core.Value{}}
}

// fail records an error about an input of the builder.
func (e *emitter) fail(input, format string, args ...any) {
	if e.err == nil {
		e.err = &core.OpError{
			Node:      e.Node,
			Op:        e.builder,
			Input:     -1,
			InputName: input,
			Msg:       prefixed(input, fmt.Sprintf(format, args...)),
		}
	}
}

func prefixed(input, msg string) string {
	if input == "" {
		return msg
	}
	return input + ": " + msg
}

// unsupported records that this is not supported in the chosen arithmetic.
func (e *emitter) unsupported(format string, args ...any) {
	e.fail("", "%s: TensorFlow's arithmetic has no such kernel", fmt.Sprintf(format, args...))
}

// require records an error for the first of the inputs, in pairs of name and value,
// that is not connected.
func (e *emitter) require(inputs ...input) {
	for _, in := range inputs {
		if in.value.Node == nil {
			e.fail(in.name, "is not connected")
		}
	}
}

type input struct {
	name  string
	value core.Value
}

// name returns the name of the node with a role in the call: the TensorFlow node's name for the role "",
// and that name followed by #role for the others (TensorFlow names contain no #).
func (e *emitter) name(role string) string {
	if e.Node == "" || role == "" {
		return e.Node
	}
	return e.Node + "#" + role
}

// outs applies an op and returns its outputs. The same op on the same inputs in the same role becomes one
// node; a different op in that role gets a name of its own.
func (e *emitter) outs(role string, op core.Op, in ...core.Value) []core.Value {
	if e.err != nil {
		return nil
	}
	n, err := core.NewNamedNode(e.name(role), op, in...)
	if err != nil {
		e.err = err
		return nil
	}
	return outputs(e.once(role, n))
}

// once registers a node under a role, or returns an equal node that already has that role.
func (e *emitter) once(role string, n *core.Node) *core.Node {
	for base, i := role, 2; ; i++ {
		old, taken := e.made[role]
		switch {
		case !taken:
			e.made[role] = n.Out(0)
			n.Name, n.Origin = e.name(role), e.origin()
			return n
		case slices.Equal(old.Node.Inputs(), n.Inputs()) && reflect.DeepEqual(old.Node.Op(), n.Op()):
			return old.Node
		}
		role = fmt.Sprintf("%s_%d", base, i)
	}
}

func (e *emitter) origin() core.Origin {
	return core.Origin{Node: e.Node, Op: e.Op, Builder: e.builder, Repairs: e.repairs}
}

func outputs(n *core.Node) []core.Value {
	out := make([]core.Value, len(n.Outputs()))
	for i := range out {
		out[i] = n.Out(i)
	}
	return out
}

// op applies an op and returns its first output.
func (e *emitter) op(role string, op core.Op, in ...core.Value) core.Value {
	out := e.outs(role, op, in...)
	if out == nil {
		return core.Value{}
	}
	return out[0]
}

func (e *emitter) mul(role string, a, b core.Value) core.Value {
	return e.op(role, &pointwise.Multiply{}, a, b)
}

// scaleProduct returns the product of two of TensorFlow's scales, with 0 in place of a subnormal result.
func (e *emitter) scaleProduct(role string, a, b core.Value) core.Value {
	return e.flushed(role, e.mul(role, a, b))
}

// flushed returns v with 0 in place of subnormal numbers: TensorFlow's threads read and write them as 0.
func (e *emitter) flushed(role string, v core.Value) core.Value {
	if e.err != nil || e.Arithmetic == NGraph || v.Type() != core.F32 || !maybeSubnormal(v) {
		return v
	}
	return e.op(role+"_flushed", &pointwise.FlushSubnormals{}, v)
}

// farFromSubnormal reports whether v is known to hold only zeros and numbers of magnitude 2^-78 or more:
// their sums and differences are 0 or at least 2^-101.
func farFromSubnormal(v core.Value) bool {
	c := v.Folded()
	return c != nil && !slices.ContainsFunc(c.Float64s(), func(x float64) bool {
		return x != 0 && !(math.Abs(x) >= 0x1p-78)
	})
}

// maybeSubnormal reports whether v may hold subnormal numbers, as far as constants tell.
func maybeSubnormal(v core.Value) bool {
	c := v.Folded()
	return c == nil || slices.ContainsFunc(c.Float64s(), func(x float64) bool {
		return x != 0 && math.Abs(x) < 0x1p-126
	})
}

func (e *emitter) div(role string, a, b core.Value) core.Value {
	return e.op(role, &pointwise.Divide{}, a, b)
}

func (e *emitter) add(role string, a, b core.Value) core.Value {
	return e.op(role, &pointwise.Add{}, a, b)
}

// constant returns a constant.
func (e *emitter) constant(role string, t *core.Tensor, err error) core.Value {
	if err != nil && e.err == nil {
		e.err = err
	}
	if e.err != nil {
		return core.Value{}
	}
	return e.once(role, core.NewConstant(t).Node).Out(0)
}

// real returns a float32 scalar.
func (e *emitter) real(role string, v float32) core.Value {
	return e.constant(role, core.Scalar(v), nil)
}

// maxConstant bounds the elements of the constants that builders make.
const maxConstant = 1 << 24

// filled returns a constant whose elements all have the same value: any value of an 8-bit type, or 0.
func (e *emitter) filled(role string, t core.Type, s core.Shape, value byte) core.Value {
	if e.err != nil {
		return core.Value{}
	}
	if n, err := s.Elements(); err != nil || n > maxConstant {
		e.fail(role, "got shape %v, want a known one of at most %d elements", s, maxConstant)
		return core.Value{}
	}
	x, err := core.NewTensor(t, s)
	if err == nil && value != 0 {
		for i := range x.Bytes() {
			x.Bytes()[i] = value
		}
	}
	return e.constant(role, x, err)
}

// zeros returns a constant of zeros.
func (e *emitter) zeros(role string, t core.Type, s core.Shape) core.Value {
	return e.filled(role, t, s, 0)
}

// quantizedType returns the type of an input, which must be one of those wanted.
func (e *emitter) quantizedType(name string, v core.Value, want ...core.Type) core.Type {
	if e.err != nil {
		return core.U8
	}
	for _, t := range want {
		if v.Type() == t {
			return t
		}
	}
	e.fail(name, "got type %v, want one of %v", v.Type(), want)
	return core.U8
}

// scale returns the scale of a range, computed by a rule, as a scalar. role names the range in the node's
// name and in errors.
func (e *emitter) scale(role string, op quantization.RangeToScale, r Range) core.Value {
	if !e.scalar(role, r) {
		return core.Value{}
	}
	op.Largest = len(r.Min.Shape()) == 1 // [1] becomes []
	e.order(&op, r)
	return e.op(role+"_"+ruleSuffix(op.Rule), &op, r.Min, r.Max)
}

// order lets a min be above the max in nGraph's arithmetic, and where anyOrder says so.
func (e *emitter) order(op *quantization.RangeToScale, r Range) {
	op.AnyOrder = e.Arithmetic == NGraph
	op.Computed = e.anyOrder(r)
}

// anyOrder reports whether a range's min may be above its max in TensorFlow's arithmetic: if a graph computes it.
func (e *emitter) anyOrder(r Range) bool {
	return e.Arithmetic != NGraph && !e.ordered && (r.Min.Constant() == nil || r.Max.Constant() == nil)
}

// scales is like scale for a range that may have one element per channel.
func (e *emitter) scales(role string, op quantization.RangeToScale, r Range, perChannel bool) core.Value {
	if !perChannel {
		return e.scale(role, op, r)
	}
	e.connected(role, r)
	if e.err != nil {
		return core.Value{}
	}
	e.order(&op, r)
	return e.op(role+"_"+ruleSuffix(op.Rule), &op, r.Min, r.Max)
}

func (e *emitter) connected(role string, r Range) {
	e.require(input{"min_" + role, r.Min}, input{"max_" + role, r.Max})
}

// scalar checks that a range has shape [] or [1].
func (e *emitter) scalar(role string, r Range) bool {
	e.connected(role, r)
	if e.err != nil {
		return false
	}
	for _, in := range []input{{"min_" + role, r.Min}, {"max_" + role, r.Max}} {
		if s := in.value.Shape(); !s.Compatible(core.Shape{}) && !s.Compatible(core.Shape{1}) {
			e.fail(in.name, "got shape %v, want [] or [1]", s)
			return false
		}
	}
	return true
}

// ruleSuffix returns the word for what a rule computes.
func ruleSuffix(r quantization.ScaleRule) string {
	if r == quantization.ScaleSymmetric || r == quantization.ScaleBumped {
		return "scale"
	}
	return strings.ToLower(r.String())
}

// scalarOf returns a value of shape [1] as a scalar, and any other as it is.
func (e *emitter) scalarOf(role string, v core.Value) core.Value {
	if e.err != nil {
		return v
	}
	s, err := array.ScalarOf(v)
	if err != nil || s == v {
		e.err = err
		return v
	}
	shape := s.Node.Inputs()[1].Node
	shape.Name, shape.Origin = e.name(role+"_shape"), e.origin()
	return e.once(role, s.Node).Out(0)
}
