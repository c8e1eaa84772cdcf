package opdef

import (
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// coreTypes are TensorFlow's element types in package core.
var coreTypes = map[graphdef.DataType]core.Type{
	graphdef.Quint8: core.U8, graphdef.Uint8: core.U8,
	graphdef.Qint8: core.I8, graphdef.Int8: core.I8,
	graphdef.Quint16: core.U16, graphdef.Uint16: core.U16,
	graphdef.Qint16: core.I16, graphdef.Int16: core.I16,
	graphdef.Qint32: core.I32, graphdef.Int32: core.I32,
	graphdef.Uint32: core.U32, graphdef.Int64: core.I64, graphdef.Uint64: core.U64,
	graphdef.Bfloat16: core.BF16, graphdef.Half: core.F16, graphdef.Float: core.F32, graphdef.Double: core.F64,
	graphdef.Complex64: core.C64, graphdef.Complex128: core.C128,
	graphdef.Bool: core.Bool, graphdef.String: core.String,
}

var typeByName = func() map[string]core.Type {
	m := map[string]core.Type{}
	for t, c := range coreTypes {
		m[t.String()] = c
	}
	return m
}()

// CoreType returns the type in package core of a TensorFlow type; Dynamic if there is none. That of a quantized type
// is its plain integer type.
func CoreType(t graphdef.DataType) core.Type { return coreTypes[t] }

// TypeOf returns the element type of a TensorFlow type that stands in an attribute.
func TypeOf(n *graphdef.Node, attr string, t graphdef.DataType) (core.Type, error) {
	c, ok := coreTypes[t]
	if !ok {
		return core.Dynamic, n.Errorf(attr, "got type %v, which is not supported", t)
	}
	return c, nil
}

// TypeAttr reads an attribute of kind type; otherwise, if not Dynamic, is its default.
func TypeAttr(n *graphdef.Node, attr string, otherwise core.Type) (core.Type, error) {
	if otherwise != core.Dynamic && !n.Has(attr) {
		return otherwise, nil
	}
	t, err := n.Type(attr)
	if err != nil {
		return core.Dynamic, err
	}
	return TypeOf(n, attr, t)
}

// Tensor converts a TensorProto, whose content it borrows.
func Tensor(n *graphdef.Node, attr string) (*core.Tensor, error) {
	t, err := n.Tensor(attr)
	if err != nil {
		return nil, err
	}
	typ, err := TypeOf(n, attr, t.Type)
	if err != nil {
		return nil, err
	}
	shape := make(core.Shape, len(t.Shape))
	for i, d := range t.Shape {
		shape[i] = int(d)
	}
	if typ == core.String {
		return stringTensor(n, attr, shape, t)
	}
	data, err := t.Bytes()
	if err != nil {
		return nil, err
	}
	out, err := core.TensorOver(typ, shape, data)
	if err != nil {
		return nil, n.Errorf(attr, "%v", err)
	}
	return out, nil
}

func stringTensor(n *graphdef.Node, attr string, shape core.Shape, t *graphdef.Tensor) (*core.Tensor, error) {
	raw, err := t.Strings()
	if err != nil {
		return nil, err
	}
	elements := make([]string, len(raw))
	for i, b := range raw {
		elements[i] = string(b)
	}
	out, err := core.StringTensor(shape, elements)
	if err != nil {
		return nil, n.Errorf(attr, "%v", err)
	}
	return out, nil
}

// ShapeOf converts a shape attribute.
func ShapeOf(s graphdef.Shape) core.Shape {
	if s.UnknownRank {
		return nil
	}
	out := make(core.Shape, len(s.Dims))
	for i, d := range s.Dims {
		if out[i] = int(d); d < 0 {
			out[i] = core.Unknown
		}
	}
	return out
}
