package graphdef

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// DataType is an element type, with the numbers of TensorFlow's types.proto.
type DataType int32

// The element types. TensorFlow adds 100 for a reference to a variable of the type; those are
// errors here, since a frozen graph has no variables.
const (
	Invalid    DataType = 0
	Float      DataType = 1
	Double     DataType = 2
	Int32      DataType = 3
	Uint8      DataType = 4
	Int16      DataType = 5
	Int8       DataType = 6
	String     DataType = 7
	Complex64  DataType = 8
	Int64      DataType = 9
	Bool       DataType = 10
	Qint8      DataType = 11
	Quint8     DataType = 12
	Qint32     DataType = 13
	Bfloat16   DataType = 14
	Qint16     DataType = 15
	Quint16    DataType = 16
	Uint16     DataType = 17
	Complex128 DataType = 18
	Half       DataType = 19
	Resource   DataType = 20
	Variant    DataType = 21
	Uint32     DataType = 22
	Uint64     DataType = 23
	Float8E5M2 DataType = 24
	Float8E4M3 DataType = 25 // DT_FLOAT8_E4M3FN
	Int4       DataType = 29
	Uint4      DataType = 30
)

// firstReference is where TensorFlow's reference types start.
const firstReference = 100

// typeInfo says how a tensor of a type stands in a TensorProto.
type typeInfo struct {
	name   string
	size   int              // bytes of an element in tensor_content; 0 where it has no fixed size
	list   protowire.Number // the field for its values; 0 where this reader knows none
	lo, hi int64            // what a varint in that list may be
}

var types = map[DataType]typeInfo{
	Float:      {"float", 4, floatVal, 0, 0},
	Double:     {"double", 8, doubleVal, 0, 0},
	Int32:      {"int32", 4, intVal, math.MinInt32, math.MaxInt32},
	Uint8:      {"uint8", 1, intVal, 0, math.MaxUint8},
	Int16:      {"int16", 2, intVal, math.MinInt16, math.MaxInt16},
	Int8:       {"int8", 1, intVal, math.MinInt8, math.MaxInt8},
	String:     {"string", 0, stringVal, 0, 0},
	Complex64:  {"complex64", 8, scomplexVal, 0, 0},
	Int64:      {"int64", 8, int64Val, math.MinInt64, math.MaxInt64},
	Bool:       {"bool", 1, boolVal, 0, 1},
	Qint8:      {"qint8", 1, intVal, math.MinInt8, math.MaxInt8},
	Quint8:     {"quint8", 1, intVal, 0, math.MaxUint8},
	Qint32:     {"qint32", 4, intVal, math.MinInt32, math.MaxInt32},
	Bfloat16:   {"bfloat16", 2, halfVal, 0, math.MaxUint16},
	Qint16:     {"qint16", 2, intVal, math.MinInt16, math.MaxInt16},
	Quint16:    {"quint16", 2, intVal, 0, math.MaxUint16},
	Uint16:     {"uint16", 2, intVal, 0, math.MaxUint16},
	Complex128: {"complex128", 16, dcomplexVal, 0, 0},
	Half:       {"half", 2, halfVal, 0, math.MaxUint16},
	Resource:   {"resource", 0, 0, 0, 0},
	Variant:    {"variant", 0, 0, 0, 0},
	Uint32:     {"uint32", 4, uint32Val, 0, math.MaxUint32},
	Uint64:     {"uint64", 8, uint64Val, math.MinInt64, math.MaxInt64}, // the bits, read as signed
	Float8E5M2: {"float8_e5m2", 1, 0, 0, 0},
	Float8E4M3: {"float8_e4m3fn", 1, 0, 0, 0},
	Int4:       {"int4", 0, 0, 0, 0},
	Uint4:      {"uint4", 0, 0, 0, 0},
}

// values is how many values of the list make an element.
func (i typeInfo) values() int {
	if i.list == scomplexVal || i.list == dcomplexVal {
		return 2
	}
	return 1
}

// String is TensorFlow's name in small letters without the DT_, "quint8" for example; a reference type ends in "_ref".
func (t DataType) String() string {
	if info, ok := types[t]; ok {
		return info.name
	}
	if info, ok := types[t-firstReference]; ok {
		return info.name + "_ref"
	}
	if t == Invalid {
		return "invalid"
	}
	return fmt.Sprintf("DataType(%d)", int32(t))
}

// Size is the number of bytes of one element in [Tensor.Bytes], or 0 for types whose elements have no fixed size.
func (t DataType) Size() int { return types[t].size }

// dataType checks a number read from the file.
func dataType(at int, bits uint64) (DataType, error) {
	if bits > math.MaxInt32 {
		return Invalid, errorAt(at, ErrValue, "got type %d, which TensorFlow does not define", int64(bits))
	}
	t := DataType(bits)
	if _, ok := types[t]; ok {
		return t, nil
	}
	switch _, reference := types[t-firstReference]; {
	case reference:
		return Invalid, errorAt(at, ErrValue, "got type %d (%v), a reference to a variable: freeze the graph first",
			int32(t), t)
	case t == Invalid:
		return Invalid, errorAt(at, ErrValue, "got type 0 (invalid)")
	default:
		return Invalid, errorAt(at, ErrValue, "got type %d, which TensorFlow does not define", int32(t))
	}
}
