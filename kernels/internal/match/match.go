// Package match says which nodes can be part of elementwise chains, and which steps compute them.
package match

import (
	"reflect"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

// Kind is the role of a node in an elementwise chain.
type Kind uint8

// The roles.
const (
	Dequantize Kind = iota // begins a chain from integers
	Binary                 // combines two values
	Unary                  // changes the value by Element.Steps
	Quantize               // ends a chain
)

// Element describes a node as part of an elementwise chain.
type Element struct {
	Node      *core.Node
	Kind      Kind
	From      Integers              // the integers of a dequantization
	Primitive elementwise.Primitive // the primitive of a binary node
	Steps     []elementwise.Step    // the steps of a unary node; for other nodes, those after the load or the primitive
	Numbers   elementwise.Numbers   // the parameters of a quantization
	Narrow    elementwise.Primitive // instead of a quantization: the conversion from float32 to another type; 0 for none
	RangeOut  []*core.Tensor        // the outputs of a quantization after the first, which are constant
}

// Integers are integers of which an operand is a multiple, or the operand's values in another type, with the scale 1.
type Integers struct {
	From  core.Value
	Type  dtype.Type
	Scale float32
}

// matchers are the functions that match ops, by the ops' Go types. They change only while the package is initialized.
var matchers = map[reflect.Type]matcher{}

// matcher describes how the nodes of an op can be part of elementwise chains.
type matcher struct {
	kind  Kind
	match func(e Element) (Element, bool) // see Of
}

// matches registers match as the function that decides whether nodes of an op can be part of elementwise chains. It is
// called once for the op, in the file of match.
func matches[T any, P interface {
	*T
	core.Op
}](kind Kind, match func(e Element, op P) (Element, bool)) struct{} {
	matchers[reflect.TypeFor[P]()] = matcher{kind, func(e Element) (Element, bool) { return match(e, e.Node.Op().(P)) }}
	return struct{}{}
}

// Combines registers an op as one that chains compute by combining two values with a primitive and applying functions
// to the result. It is called once for the op, in the file of its lowering.
func Combines[T any, P interface {
	*T
	core.Op
}](p elementwise.Primitive, then ...elementwise.Primitive) struct{} {
	return matches[T](Binary, func(e Element, _ P) (Element, bool) {
		e.Primitive = p
		for _, f := range then {
			e.Steps = append(e.Steps, elementwise.Step{Kind: elementwise.Apply, Primitive: f})
		}
		in, out := e.Node.Inputs(), e.Node.Outputs()[0]
		return e, out.Type == core.F32 && isOperands(in[0], in[1], out.Shape)
	})
}

// Of returns a node as part of a chain; false if no chain can compute it. The answer depends on the node alone.
func Of(n *core.Node) (Element, bool) {
	e := Element{Node: n}
	if out := n.Outputs()[0]; !out.Static() || out.Shape.MustElements() == 0 {
		return e, false
	}
	m, ok := matchers[reflect.TypeOf(n.Op())]
	if !ok {
		return e, false
	}
	e.Kind = m.kind
	return m.match(e)
}

// isOperands reports whether a chain can combine a and b: both are float32 of the output's shape, or one of them is
// constant per tensor or per channel, or has a number for each row.
func isOperands(a, b core.Value, out core.Shape) bool {
	whole := func(v core.Value) bool { return v.Shape().Equal(out) && !IsBroadcast(v, out) }
	return whole(a) && (whole(b) || IsBroadcast(b, out)) || whole(b) && IsBroadcast(a, out)
}

// IsBroadcast reports whether a chain combines all its values with those of v: v is constant per tensor or per channel,
// or has a number for each row.
func IsBroadcast(v core.Value, out core.Shape) bool {
	return ValuesOf(v, out) != nil || RowOf(v, out) != 0
}

// minRow is the least length of a row that is worth a call of its own.
const minRow = 32

// RowOf returns the length of the rows along an output's last axis for each of which v has a number; 0 if it has
// anything else.
func RowOf(v core.Value, out core.Shape) int {
	s, last := v.Shape(), len(out)-1
	if v.Constant() != nil || v.Type() != core.F32 || last < 1 || len(s) != len(out) ||
		s[last] != 1 || out[last] < minRow || !s[:last].Equal(out[:last]) {
		return 0
	}
	return out[last]
}

// ValuesOf returns a float32 constant of one value, or of one for each element of the
// last axis of the output; nil for anything else.
func ValuesOf(v core.Value, out core.Shape) []float32 {
	t := v.Constant()
	if t == nil || t.Type() != core.F32 || len(t.Shape()) > len(out) {
		return nil
	}
	if t.Len() == 1 || len(out) > 0 && len(t.Shape()) > 0 &&
		t.Len() == out[len(out)-1] && t.Shape()[len(t.Shape())-1] == t.Len() {
		return t.Float32s()
	}
	return nil
}

// integerTypes are those of the integers that ops other than Convert make float32 of in chains.
var integerTypes = []core.Type{core.U8, core.I8, core.I32}

// Dequantized returns the integers that a value is a multiple of.
func Dequantized(v core.Value) (Integers, bool) {
	if m := matchers[reflect.TypeOf(v.Node.Op())]; m.match == nil || m.kind != Dequantize {
		return Integers{}, false
	}
	e, ok := Of(v.Node)
	return e.From, ok && len(e.Steps) == 0
}
