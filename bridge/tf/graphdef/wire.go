package graphdef

import (
	"iter"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// source is the file and what bounds its reading; nodes and tensors point to it.
type source struct {
	data     []byte
	limits   Limits
	expanded budget
}

// span is a stretch of the file, by position, so that each error can name its place.
type span struct{ start, end int }

func (s span) size() int { return s.end - s.start }

// field is one field of a message. Its value is in payload for length-delimited fields and in bits for all others.
type field struct {
	number  protowire.Number
	wire    protowire.Type
	at      int // position of the tag
	bits    uint64
	payload span
}

// fields walks the fields of the message m. After an error, which has no field, it stops. Groups,
// which no message of GraphDef ever had, are errors; so nothing here recurses.
func (s *source) fields(m span) iter.Seq2[field, error] {
	return func(yield func(field, error) bool) {
		for pos := m.start; pos < m.end; {
			f, next, err := s.field(pos, m.end)
			if !yield(f, err) || err != nil {
				return
			}
			pos = next
		}
	}
}

func (s *source) field(pos, end int) (f field, next int, err error) {
	f.at = pos
	number, wire, n := protowire.ConsumeTag(s.data[pos:end])
	if n < 0 {
		return f, 0, malformed(f.at, n)
	}
	f.number, f.wire = number, wire
	pos += n
	rest := s.data[pos:end]
	switch f.wire {
	case protowire.VarintType:
		f.bits, n = protowire.ConsumeVarint(rest)
	case protowire.Fixed32Type:
		var bits uint32
		bits, n = protowire.ConsumeFixed32(rest)
		f.bits = uint64(bits)
	case protowire.Fixed64Type:
		f.bits, n = protowire.ConsumeFixed64(rest)
	case protowire.BytesType:
		var payload []byte
		payload, n = protowire.ConsumeBytes(rest)
		f.payload = span{pos + n - len(payload), pos + n}
	default:
		return f, 0, errorAt(f.at, ErrMalformed, "malformed: field %d has wire type %d", f.number, f.wire)
	}
	if n < 0 {
		return f, 0, malformed(f.at, n)
	}
	return f, pos + n, nil
}

// malformed turns one of protowire's negative lengths into an error.
func malformed(at, code int) error {
	return errorAt(at, ErrMalformed, "malformed: %s", reason(code))
}

// reason is protowire's text for a negative length without its prefix, in which a space may be a
// no-break space: protobuf varies it from build to build to keep its texts from being relied on.
func reason(code int) string {
	return strings.TrimLeft(strings.TrimPrefix(protowire.ParseError(code).Error(), "proto:"), " \u00a0")
}

// want checks the wire type of a known field.
func (f field) want(wire protowire.Type, what string) error {
	if f.wire != wire {
		return errorAt(f.at, ErrMalformed, "malformed: %s has wire type %d, want %d", what, f.wire, wire)
	}
	return nil
}

// text is the string in f, copied, so that names may outlive the file.
func (s *source) text(f field, what string) (string, error) {
	if err := f.want(protowire.BytesType, what); err != nil {
		return "", err
	}
	if n := f.payload.size(); n > s.limits.Name {
		return "", errorAt(f.at, ErrLimit, "%s of %d bytes, the limit is %d", what, n, s.limits.Name)
	}
	b := s.bytes(f.payload)
	if !utf8.Valid(b) {
		return "", errorAt(f.at, ErrMalformed, "malformed: %s %s is not UTF-8", what, quote(string(b)))
	}
	return string(b), nil
}

// bytes borrows a stretch of the file. Its capacity ends where it ends, so that an append cannot write to the file.
func (s *source) bytes(p span) []byte { return s.data[p.start:p.end:p.end] }

// scalars walks the numbers of a repeated field, which may hold one of them or, packed, many.
func (s *source) scalars(f field, wire protowire.Type, what string) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		if f.wire != protowire.BytesType {
			yield(f.bits, f.want(wire, what))
			return
		}
		for pos, end := f.payload.start, f.payload.end; pos < end; {
			bits, n := consume(s.data[pos:end], wire)
			if n < 0 {
				yield(0, malformed(pos, n))
				return
			}
			if !yield(bits, nil) {
				return
			}
			pos += n
		}
	}
}

func consume(b []byte, wire protowire.Type) (uint64, int) {
	switch wire {
	case protowire.Fixed32Type:
		bits, n := protowire.ConsumeFixed32(b)
		return uint64(bits), n
	case protowire.Fixed64Type:
		return protowire.ConsumeFixed64(b)
	default:
		return protowire.ConsumeVarint(b)
	}
}
