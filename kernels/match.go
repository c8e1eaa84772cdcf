package kernels

import (
	"maps"
	"reflect"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
)

// elementKind is the role of a node in an elementwise chain.
type elementKind uint8

const (
	elementDequantize elementKind = iota // begins a chain from integers
	elementBinary                        // combines two values
	elementUnary                         // changes the value by steps of its own
	elementQuantize                      // ends a chain
)

// element is a node as a part of an elementwise chain.
type element struct {
	node      *core.Node
	kind      elementKind
	from      integers              // of a dequantization
	primitive elementwise.Primitive // of a binary node
	steps     []elementwise.Step    // of a unary node, and behind the load of a dequantization
	numbers   elementwise.Numbers   // of a quantization
	rangeOut  []*core.Tensor        // the constant outputs of a quantization behind the first
}

// integers are the integer values of which an operand is a multiple.
type integers struct {
	from  core.Value
	typ   elementwise.Type
	scale float32
}

// matchers are the elements that ops make, by the ops' Go types. They change only while the
// package is initialized.
var matchers = map[reflect.Type]matcher{}

// matcher makes the nodes of an op parts of elementwise chains.
type matcher struct {
	kind  elementKind
	match func(e element) (element, bool) // see matchElement
}

// matches makes an op a part of elementwise chains, as far as match says. Called once for the
// op, from the file of match.
func matches[T any, P interface {
	*T
	core.Op
}](kind elementKind, match func(e element, op P) (element, bool)) struct{} {
	matchers[reflect.TypeFor[P]()] = matcher{kind, func(e element) (element, bool) { return match(e, e.node.Op().(P)) }}
	return struct{}{}
}

// matchBinary makes an op a part of elementwise chains that combines two values by a primitive.
// Called once for the op, from the kernel's file.
func matchBinary[T any, P interface {
	*T
	core.Op
}](p elementwise.Primitive) struct{} {
	return matches[T](elementBinary, func(e element, _ P) (element, bool) {
		e.primitive = p
		in, out := e.node.Inputs(), e.node.Outputs()[0]
		return e, out.Type == core.F32 && isOperands(in[0], in[1], out.Shape)
	})
}

// matched lists the ops that have matchers, by their Go types, in no order.
func matched() []reflect.Type { return slices.Collect(maps.Keys(matchers)) }

// matchElement returns a node as a part of a chain; false if no chain computes it. The
// answer depends on the node alone.
func matchElement(n *core.Node) (element, bool) {
	e := element{node: n}
	if out := n.Outputs()[0]; !out.Static() || out.Shape.MustElements() == 0 {
		return e, false
	}
	m, ok := matchers[reflect.TypeOf(n.Op())]
	if !ok {
		return e, false
	}
	e.kind = m.kind
	return m.match(e)
}

// isOperands reports whether a chain can combine a and b: float32 of the output's shape
// both, or one of them constant per tensor or per channel.
func isOperands(a, b core.Value, out core.Shape) bool {
	ta, tb := tableOf(a, out) != nil, tableOf(b, out) != nil
	return (ta || a.Shape().Equal(out)) && (tb || b.Shape().Equal(out)) && !(ta && tb)
}

// tableOf returns a float32 constant of one value, or of one for each element of the
// last axis of the output; nil for anything else.
func tableOf(v core.Value, out core.Shape) []float32 {
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

var integerTypes = map[core.Type]elementwise.Type{
	core.U8: elementwise.U8, core.I8: elementwise.I8, core.I32: elementwise.I32,
}

// dequantized returns the integers that a value is a multiple of.
func dequantized(v core.Value) (integers, bool) {
	if m := matchers[reflect.TypeOf(v.Node.Op())]; m.match == nil || m.kind != elementDequantize {
		return integers{}, false
	}
	e, ok := matchElement(v.Node)
	return e.from, ok && len(e.steps) == 0
}
