// Package wire reads the fields of untrusted protocol buffers without generated messages. It allocates
// nothing except what the caller keeps, and does not recurse.
package wire

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// MaxName bounds the bytes of a name. It is equal to the default limit in package graphdef.
const MaxName = 1 << 14

// Field is a field of a message. Its value is in Bytes, borrowed from the message, if it is
// length-delimited, and otherwise in Bits.
type Field struct {
	Number protowire.Number
	Type   protowire.Type
	Bits   uint64
	Bytes  []byte
}

// Fields iterates over the fields of a message. If the message is malformed, it yields an error that wraps
// [graphdef.ErrMalformed], with an empty Field, and stops. Groups are errors, since no message of a
// SavedModel has any.
func Fields(message []byte) iter.Seq2[Field, error] {
	return func(yield func(Field, error) bool) {
		for rest := message; len(rest) > 0; {
			f, n := consume(rest)
			if n < 0 {
				yield(Field{}, Errorf(graphdef.ErrMalformed, "%s", reason(n)))
				return
			}
			if !yield(f, nil) {
				return
			}
			rest = rest[n:]
		}
	}
}

// consume reads the first field, and returns how many bytes it takes, or one of protowire's negative error
// codes.
func consume(b []byte) (f Field, n int) {
	if f.Number, f.Type, n = protowire.ConsumeTag(b); n < 0 {
		return f, n
	}
	m := 0
	switch rest := b[n:]; f.Type {
	case protowire.VarintType:
		f.Bits, m = protowire.ConsumeVarint(rest)
	case protowire.Fixed32Type:
		var bits uint32
		bits, m = protowire.ConsumeFixed32(rest)
		f.Bits = uint64(bits)
	case protowire.Fixed64Type:
		f.Bits, m = protowire.ConsumeFixed64(rest)
	case protowire.BytesType:
		f.Bytes, m = protowire.ConsumeBytes(rest)
		f.Bytes = f.Bytes[:len(f.Bytes):len(f.Bytes)]
	default:
		m = protowire.ConsumeFieldValue(f.Number, protowire.StartGroupType, nil) // truncated
	}
	if m < 0 {
		return f, m
	}
	return f, n + m
}

// reason returns protowire's error text for a code without its prefix. In the prefix, a space may be a
// no-break space.
func reason(code int) string {
	return strings.TrimLeft(strings.TrimPrefix(protowire.ParseError(code).Error(), "proto:"), " \u00a0")
}

// Message returns the payload of a field that must be length-delimited.
func (f Field) Message(what string) ([]byte, error) {
	return f.Bytes, f.want(protowire.BytesType, what)
}

// Text returns a copy of a string field.
func (f Field) Text(what string) (string, error) {
	if err := f.want(protowire.BytesType, what); err != nil {
		return "", err
	}
	if len(f.Bytes) > MaxName {
		return "", Errorf(graphdef.ErrLimit, "%s of %d bytes, the limit is %d", what, len(f.Bytes), MaxName)
	}
	if !utf8.Valid(f.Bytes) {
		return "", Errorf(graphdef.ErrMalformed, "%s is not UTF-8", what)
	}
	return string(f.Bytes), nil
}

// Int returns the value of a varint field.
func (f Field) Int(what string) (int64, error) {
	return int64(f.Bits), f.want(protowire.VarintType, what)
}

// Fixed32 returns the value of a fixed32 field.
func (f Field) Fixed32(what string) (uint32, error) {
	return uint32(f.Bits), f.want(protowire.Fixed32Type, what)
}

func (f Field) want(t protowire.Type, what string) error {
	if f.Type != t {
		return Errorf(graphdef.ErrMalformed, "%s has wire type %d, want %d", what, f.Type, t)
	}
	return nil
}

// MapEntry returns the key and the value of an entry of a map with strings for keys.
func (f Field) MapEntry(what string) (key string, value []byte, err error) {
	entry, err := f.Message(what)
	if err != nil {
		return "", nil, err
	}
	for f, err := range Fields(entry) {
		if err != nil {
			return "", nil, err
		}
		switch f.Number {
		case 1:
			key, err = f.Text("key of " + what)
		case 2:
			value, err = f.Message("value of " + what)
		}
		if err != nil {
			return "", nil, err
		}
	}
	return key, value, nil
}

// Errorf returns an error that wraps a sentinel without including the sentinel's text in its own.
func Errorf(sentinel error, format string, args ...any) error {
	return &sorted{fmt.Sprintf(format, args...), sentinel}
}

// sorted is an error with a text and a sentinel, which says what sort of error it is.
type sorted struct {
	text     string
	sentinel error
}

func (e *sorted) Error() string { return e.text }
func (e *sorted) Unwrap() error { return e.sentinel }
