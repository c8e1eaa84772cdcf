// Package wire encodes protocol buffer messages field by field, without generated code: a program can link
// only one copy of ONNX's or TensorFlow's generated messages.
package wire

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// AppendInt appends a varint field: an integer, an enum or a bool.
func AppendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

// AppendFloat appends a float field.
func AppendFloat(b []byte, field protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(b, field, protowire.Fixed32Type), math.Float32bits(v))
}

// AppendString appends a string field.
func AppendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

// AppendBytes appends a length-delimited field: bytes, a message or packed numbers.
func AppendBytes(b []byte, field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), content)
}
