package tfgrpc

import (
	"fmt"
	"math"

	"github.com/wamuir/graft/tensorflow/core/framework/tensor_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	"github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/serving"
)

// types maps TensorFlow's element types to ours. Quantized types are mapped to the integers that represent
// them.
var types = map[types_go_proto.DataType]tf2ng.Type{
	types_go_proto.DataType_DT_BOOL:       tf2ng.Bool,
	types_go_proto.DataType_DT_INT8:       tf2ng.I8,
	types_go_proto.DataType_DT_QINT8:      tf2ng.I8,
	types_go_proto.DataType_DT_UINT8:      tf2ng.U8,
	types_go_proto.DataType_DT_QUINT8:     tf2ng.U8,
	types_go_proto.DataType_DT_INT16:      tf2ng.I16,
	types_go_proto.DataType_DT_QINT16:     tf2ng.I16,
	types_go_proto.DataType_DT_UINT16:     tf2ng.U16,
	types_go_proto.DataType_DT_QUINT16:    tf2ng.U16,
	types_go_proto.DataType_DT_INT32:      tf2ng.I32,
	types_go_proto.DataType_DT_QINT32:     tf2ng.I32,
	types_go_proto.DataType_DT_UINT32:     tf2ng.U32,
	types_go_proto.DataType_DT_INT64:      tf2ng.I64,
	types_go_proto.DataType_DT_UINT64:     tf2ng.U64,
	types_go_proto.DataType_DT_BFLOAT16:   tf2ng.BF16,
	types_go_proto.DataType_DT_HALF:       tf2ng.F16,
	types_go_proto.DataType_DT_FLOAT:      tf2ng.F32,
	types_go_proto.DataType_DT_DOUBLE:     tf2ng.F64,
	types_go_proto.DataType_DT_STRING:     tf2ng.String,
	types_go_proto.DataType_DT_COMPLEX64:  tf2ng.C64,
	types_go_proto.DataType_DT_COMPLEX128: tf2ng.C128,
}

// enums maps our element types to TensorFlow's.
var enums = map[tf2ng.Type]types_go_proto.DataType{
	tf2ng.Bool:   types_go_proto.DataType_DT_BOOL,
	tf2ng.I8:     types_go_proto.DataType_DT_INT8,
	tf2ng.U8:     types_go_proto.DataType_DT_UINT8,
	tf2ng.I16:    types_go_proto.DataType_DT_INT16,
	tf2ng.U16:    types_go_proto.DataType_DT_UINT16,
	tf2ng.I32:    types_go_proto.DataType_DT_INT32,
	tf2ng.U32:    types_go_proto.DataType_DT_UINT32,
	tf2ng.I64:    types_go_proto.DataType_DT_INT64,
	tf2ng.U64:    types_go_proto.DataType_DT_UINT64,
	tf2ng.BF16:   types_go_proto.DataType_DT_BFLOAT16,
	tf2ng.F16:    types_go_proto.DataType_DT_HALF,
	tf2ng.F32:    types_go_proto.DataType_DT_FLOAT,
	tf2ng.F64:    types_go_proto.DataType_DT_DOUBLE,
	tf2ng.String: types_go_proto.DataType_DT_STRING,
	tf2ng.C64:    types_go_proto.DataType_DT_COMPLEX64,
	tf2ng.C128:   types_go_proto.DataType_DT_COMPLEX128,
}

// stringSize is how many bytes a string takes in addition to its content.
const stringSize = 16

// tensorOf converts a message to a tensor, which shares the message's bytes where possible. Memory for
// further elements is taken from the lease before it is allocated, since a short message can stand for
// many elements.
func tensorOf(lease *serving.Lease, p *tensor_go_proto.TensorProto) (*tf2ng.Tensor, error) {
	t, ok := types[p.GetDtype()]
	if !ok {
		return nil, fmt.Errorf("the type %v is not supported", p.GetDtype())
	}
	shape, n, err := shapeOf(p.GetTensorShape())
	if err != nil {
		return nil, err
	}
	size := t.Size()
	if t == tf2ng.String {
		size = stringSize
	}
	if n > math.MaxInt64/16 || n*int64(size) > core.DefaultMaxTensorBytes*2 {
		return nil, fmt.Errorf("a tensor of type %v and shape %v is too large", p.GetDtype(), shape)
	}
	if content := p.GetTensorContent(); len(content) > 0 && t != tf2ng.String {
		if int64(len(content)) != n*int64(size) {
			return nil, fmt.Errorf("tensor_content has %d bytes, want %d for type %v and shape %v", len(content),
				n*int64(size), p.GetDtype(), shape)
		}
		return tf2ng.TensorOver(t, shape, content)
	}
	if err := lease.Take(n * int64(size)); err != nil {
		return nil, err
	}
	return fieldTensor(t, shape, int(n), p)
}

// shapeOf returns a shape and its number of elements.
func shapeOf(p *tensor_shape_go_proto.TensorShapeProto) (tf2ng.Shape, int64, error) {
	if p.GetUnknownRank() {
		return nil, 0, fmt.Errorf("the shape has unknown rank")
	}
	if len(p.GetDim()) > 254 {
		return nil, 0, fmt.Errorf("the shape has %d dimensions, want at most 254", len(p.GetDim()))
	}
	shape := tf2ng.Shape{}
	n := int64(1)
	for i, d := range p.GetDim() {
		size := d.GetSize()
		if size < 0 || size > math.MaxInt32*int64(2) {
			return nil, 0, fmt.Errorf("dimension %d is %d", i, size)
		}
		if size > 0 && n > math.MaxInt64/size {
			return nil, 0, fmt.Errorf("the shape has too many elements")
		}
		n *= size
		shape = append(shape, int(size))
	}
	return shape, n, nil
}

// fieldTensor reads n elements from the field of the message that holds elements of type t.
func fieldTensor(t tf2ng.Type, shape tf2ng.Shape, n int, p *tensor_go_proto.TensorProto) (*tf2ng.Tensor, error) {
	ints := p.GetIntVal()
	switch t {
	case tf2ng.F32:
		return tf2ng.TensorOf(shape, filled(p.GetFloatVal(), n))
	case tf2ng.F64:
		return tf2ng.TensorOf(shape, filled(p.GetDoubleVal(), n))
	case tf2ng.C64:
		return tf2ng.TensorOf(shape, filled(view.Of[complex64](view.Bytes(p.GetScomplexVal())), n))
	case tf2ng.C128:
		return tf2ng.TensorOf(shape, filled(view.Of[complex128](view.Bytes(p.GetDcomplexVal())), n))
	case tf2ng.I64:
		return tf2ng.TensorOf(shape, filled(p.GetInt64Val(), n))
	case tf2ng.U64:
		return tf2ng.TensorOf(shape, filled(p.GetUint64Val(), n))
	case tf2ng.U32:
		return tf2ng.TensorOf(shape, filled(p.GetUint32Val(), n))
	case tf2ng.Bool:
		return tf2ng.TensorOf(shape, filled(p.GetBoolVal(), n))
	case tf2ng.I32:
		return tf2ng.TensorOf(shape, filled(ints, n))
	case tf2ng.I16:
		return tf2ng.TensorOf(shape, filled(narrow[int16](ints, n), n))
	case tf2ng.U16:
		return tf2ng.TensorOf(shape, filled(narrow[uint16](ints, n), n))
	case tf2ng.I8:
		return tf2ng.TensorOf(shape, filled(narrow[int8](ints, n), n))
	case tf2ng.U8:
		return tf2ng.TensorOf(shape, filled(narrow[uint8](ints, n), n))
	case tf2ng.F16, tf2ng.BF16:
		bits := filled(narrow[uint16](p.GetHalfVal(), n), n)
		data := make([]byte, 0, 2*n)
		for _, b := range bits {
			data = append(data, byte(b), byte(b>>8))
		}
		return tf2ng.TensorOver(t, shape, data)
	}
	texts := make([]string, min(len(p.GetStringVal()), n))
	for i := range texts {
		texts[i] = string(p.GetStringVal()[i])
	}
	return tf2ng.StringTensor(shape, filled(texts, n))
}

// filled returns the first n elements of list. If there are fewer, the last is repeated, as in TensorFlow.
func filled[T any](list []T, n int) []T {
	if len(list) >= n {
		return list[:n]
	}
	all := make([]T, n)
	copy(all, list)
	if len(list) > 0 {
		for i := len(list); i < n; i++ {
			all[i] = list[len(list)-1]
		}
	}
	return all
}

// narrow converts up to n elements to a narrower integer type.
func narrow[T int8 | uint8 | int16 | uint16](list []int32, n int) []T {
	out := make([]T, min(len(list), n))
	for i := range out {
		out[i] = T(list[i])
	}
	return out
}

// protoOf converts a tensor to a message. As in TensorFlow Serving, the elements are in the field for their
// type, not in tensor_content.
func protoOf(t *tf2ng.Tensor) *tensor_go_proto.TensorProto {
	p := &tensor_go_proto.TensorProto{Dtype: enums[t.Type()], TensorShape: shapeProto(t.Shape())}
	switch t.Type() {
	case tf2ng.F32:
		p.FloatVal = core.Data[float32](t)
	case tf2ng.F64:
		p.DoubleVal = core.Data[float64](t)
	case tf2ng.C64:
		p.ScomplexVal = core.Data[float32](t.Parts())
	case tf2ng.C128:
		p.DcomplexVal = core.Data[float64](t.Parts())
	case tf2ng.I64:
		p.Int64Val = core.Data[int64](t)
	case tf2ng.U64:
		p.Uint64Val = core.Data[uint64](t)
	case tf2ng.U32:
		p.Uint32Val = core.Data[uint32](t)
	case tf2ng.Bool:
		p.BoolVal = core.Data[bool](t)
	case tf2ng.I32:
		p.IntVal = core.Data[int32](t)
	case tf2ng.I16, tf2ng.U16, tf2ng.I8, tf2ng.U8:
		for _, x := range t.Int64s() {
			p.IntVal = append(p.IntVal, int32(x))
		}
	case tf2ng.F16, tf2ng.BF16:
		data := t.Bytes()
		for i := 0; i < len(data); i += 2 {
			p.HalfVal = append(p.HalfVal, int32(data[i])|int32(data[i+1])<<8)
		}
	case tf2ng.String:
		for _, s := range t.Strings() {
			p.StringVal = append(p.StringVal, []byte(s))
		}
	}
	return p
}

func shapeProto(s tf2ng.Shape) *tensor_shape_go_proto.TensorShapeProto {
	p := &tensor_shape_go_proto.TensorShapeProto{UnknownRank: !s.Ranked()}
	for _, d := range s {
		size := int64(d)
		if d == tf2ng.Unknown {
			size = -1
		}
		p.Dim = append(p.Dim, &tensor_shape_go_proto.TensorShapeProto_Dim{Size: size})
	}
	return p
}
