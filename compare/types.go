package compare

import (
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// tensorFlowTypes returns the TensorFlow types whose elements are stored as a core type: the plain type
// first, then the quantized one.
func tensorFlowTypes(t core.Type) []graphdef.DataType {
	return map[core.Type][]graphdef.DataType{
		core.Bool: {graphdef.Bool},
		core.I8:   {graphdef.Int8, graphdef.Qint8}, core.U8: {graphdef.Uint8, graphdef.Quint8},
		core.I16: {graphdef.Int16, graphdef.Qint16}, core.U16: {graphdef.Uint16, graphdef.Quint16},
		core.I32: {graphdef.Int32, graphdef.Qint32}, core.U32: {graphdef.Uint32},
		core.I64: {graphdef.Int64}, core.U64: {graphdef.Uint64},
		core.BF16: {graphdef.Bfloat16}, core.F16: {graphdef.Half}, core.F32: {graphdef.Float},
		core.C64: {graphdef.Complex64}, core.C128: {graphdef.Complex128},
		core.F64: {graphdef.Double}, core.String: {graphdef.String},
	}[t]
}

// typeOf guesses the TensorFlow type of a tensor when neither side knows it. Among the types that are
// stored as t, it takes the one named by an attribute of the node that computes the tensor, or else of a
// node that reads it, or else the plain type.
func (p *Plan) typeOf(tensor string, t core.Type) (graphdef.DataType, bool) {
	fit := tensorFlowTypes(t)
	if len(fit) == 0 {
		return graphdef.Invalid, false
	}
	if n, ok := p.graph.Lookup(NodeOf(tensor)); ok {
		if typ, ok := named(n, fit); ok {
			return typ, true
		}
	}
	for i := range p.nodes {
		if !slices.Contains(p.nodes[i].inputs, tensor) {
			continue
		}
		if n, ok := p.graph.Lookup(p.nodes[i].name); ok {
			if typ, ok := named(n, fit); ok {
				return typ, true
			}
		}
	}
	return fit[0], true
}

// named returns the type in fit that a node's attributes name, if they name exactly one.
func named(n *graphdef.Node, fit []graphdef.DataType) (graphdef.DataType, bool) {
	var found []graphdef.DataType
	for _, name := range n.Attributes() {
		list, _ := n.Types(name)
		if t, err := n.Type(name); err == nil {
			list = append(list, t)
		}
		for _, t := range list {
			if slices.Contains(fit, t) && !slices.Contains(found, t) {
				found = append(found, t)
			}
		}
	}
	if len(found) != 1 {
		return graphdef.Invalid, false
	}
	return found[0], true
}
