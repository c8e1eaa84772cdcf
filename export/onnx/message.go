package onnx

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/wire"
)

// The messages of ONNX's schema (onnx.proto), limited to the fields that are written, with the field numbers.

// dataType is TensorProto.DataType.
type dataType int32

// dataTypes maps the types of core to ONNX's numbers; 0 if ONNX has no such type.
var dataTypes = [...]dataType{
	core.Bool: 9, core.I8: 3, core.U8: 2, core.I16: 5, core.U16: 4, core.I32: 6, core.U32: 12,
	core.I64: 7, core.U64: 13, core.BF16: 16, core.F16: 10, core.F32: 1, core.F64: 11, core.String: 8,
	core.C64: 14, core.C128: 15,
}

type graphMessage struct {
	name         string
	nodes        []nodeMessage
	initializers []tensorMessage
	inputs       []valueInfo
	outputs      []valueInfo
}

type nodeMessage struct {
	op      string
	name    string
	inputs  []string
	outputs []string
	attrs   []attribute
}

// attribute is AttributeProto. Its value is an int, a float32, a string, a list of ints, or a *graphMessage.
type attribute struct {
	name  string
	value any
}

type tensorMessage struct {
	name   string
	tensor *core.Tensor
}

// valueInfo is the ValueInfoProto of a tensor.
type valueInfo struct {
	name string
	fact core.Fact
	dims []string // names of the unknown dimensions; "" for those without a name
}

type modelMessage struct {
	irVersion int
	opset     int
	producer  string
	version   string
	graph     graphMessage
	meta      [][2]string
}

func (m *modelMessage) encode(external *externalData) []byte {
	b := wire.AppendInt(nil, 1, int64(m.irVersion))
	b = wire.AppendString(b, 2, m.producer)
	b = wire.AppendString(b, 3, m.version)
	b = wire.AppendBytes(b, 7, m.graph.encode(external))
	b = wire.AppendBytes(b, 8, wire.AppendInt(wire.AppendString(nil, 1, ""), 2, int64(m.opset)))
	for _, kv := range m.meta {
		b = wire.AppendBytes(b, 14, wire.AppendString(wire.AppendString(nil, 1, kv[0]), 2, kv[1]))
	}
	return b
}

func (g *graphMessage) encode(external *externalData) []byte {
	var b []byte
	for i := range g.nodes {
		b = wire.AppendBytes(b, 1, g.nodes[i].encode(external))
	}
	b = wire.AppendString(b, 2, g.name)
	for _, t := range g.initializers {
		b = wire.AppendBytes(b, 5, t.encode(external))
	}
	for _, v := range g.inputs {
		b = wire.AppendBytes(b, 11, v.encode())
	}
	for _, v := range g.outputs {
		b = wire.AppendBytes(b, 12, v.encode())
	}
	return b
}

func (n *nodeMessage) encode(external *externalData) []byte {
	var b []byte
	for _, s := range n.inputs {
		b = wire.AppendString(b, 1, s)
	}
	for _, s := range n.outputs {
		b = wire.AppendString(b, 2, s)
	}
	b = wire.AppendString(b, 3, n.name)
	b = wire.AppendString(b, 4, n.op)
	for _, a := range n.attrs {
		b = wire.AppendBytes(b, 5, a.encode(external))
	}
	return b
}

// AttributeProto.AttributeType.
const (
	floatAttribute  = 1
	intAttribute    = 2
	stringAttribute = 3
	graphAttribute  = 5
	intsAttribute   = 7
)

func (a attribute) encode(external *externalData) []byte {
	b := wire.AppendString(nil, 1, a.name)
	typ := int64(intAttribute)
	switch v := a.value.(type) {
	case int:
		b = wire.AppendInt(b, 3, int64(v))
	case float32:
		b = wire.AppendFloat(b, 2, v)
		typ = floatAttribute
	case string:
		b = wire.AppendString(b, 4, v)
		typ = stringAttribute
	case []int:
		for _, i := range v {
			b = wire.AppendInt(b, 8, int64(i))
		}
		typ = intsAttribute
	case *graphMessage:
		b = wire.AppendBytes(b, 6, v.encode(external))
		typ = graphAttribute
	}
	return wire.AppendInt(b, 20, typ)
}

func (t tensorMessage) encode(external *externalData) []byte {
	var b []byte
	for _, d := range t.tensor.Shape() {
		b = wire.AppendInt(b, 1, int64(d))
	}
	b = wire.AppendInt(b, 2, int64(dataTypes[t.tensor.Type()]))
	for _, s := range t.tensor.Strings() {
		b = wire.AppendString(b, 6, s)
	}
	b = wire.AppendString(b, 8, t.name)
	switch {
	case t.tensor.Type() == core.String:
	case external.takes(t.tensor):
		for _, kv := range external.add(t.tensor) {
			b = wire.AppendBytes(b, 13, wire.AppendString(wire.AppendString(nil, 1, kv[0]), 2, kv[1]))
		}
		b = wire.AppendInt(b, 14, 1)
	default:
		b = wire.AppendBytes(b, 9, t.tensor.Bytes())
	}
	return b
}

func (v valueInfo) encode() []byte {
	var shape []byte
	for i, d := range v.fact.Shape {
		var dim []byte
		switch {
		case d != core.Unknown:
			dim = wire.AppendInt(nil, 1, int64(d))
		case v.dims != nil && v.dims[i] != "":
			dim = wire.AppendString(nil, 2, v.dims[i])
		}
		shape = wire.AppendBytes(shape, 1, dim)
	}
	tensor := wire.AppendInt(nil, 1, int64(dataTypes[v.fact.Type]))
	if v.fact.Shape.Ranked() {
		tensor = wire.AppendBytes(tensor, 2, shape)
	}
	return wire.AppendBytes(wire.AppendString(nil, 1, v.name), 2, wire.AppendBytes(nil, 1, tensor))
}
