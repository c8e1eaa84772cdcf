package graphdef_test

import (
	"bytes"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The tests write messages by hand: each function gives the bytes of one field, and a message is
// its fields one after another.

func varint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func float(number protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(nil, number, protowire.Fixed32Type), math.Float32bits(v))
}

func double(number protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, number, protowire.Fixed64Type), math.Float64bits(v))
}

func text(number protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), s)
}

func message(number protowire.Number, fields ...[]byte) []byte {
	return text(number, string(join(fields...)))
}

func join(fields ...[]byte) []byte { return bytes.Join(fields, nil) }

// packed is a packed repeated field of varints.
func packed(number protowire.Number, values ...uint64) []byte {
	var b []byte
	for _, v := range values {
		b = protowire.AppendVarint(b, v)
	}
	return text(number, string(b))
}

func node(name, op string, fields ...[]byte) []byte {
	return message(1, append([][]byte{text(1, name), text(2, op)}, fields...)...)
}

func input(s string) []byte { return text(3, s) }

func attribute(name string, value ...[]byte) []byte {
	return message(5, text(1, name), message(2, value...))
}

func dims(sizes ...int64) []byte {
	var b []byte
	for _, size := range sizes {
		b = append(b, message(2, varint(1, uint64(size)))...)
	}
	return b
}

// constant is a Const node "c" whose tensor has the given dtype, shape and data fields.
func constant(dtype uint64, shape []byte, data ...[]byte) []byte {
	fields := append([][]byte{varint(1, dtype), message(2, shape)}, data...)
	return node("c", "Const", attribute("value", message(8, fields...)))
}
