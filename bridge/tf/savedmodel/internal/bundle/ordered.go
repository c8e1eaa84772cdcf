package bundle

import (
	"encoding/binary"
	"math/bits"
)

// sliceKey returns the key of a slice of a tensor. It consists of 0, the tensor's key, the number of
// dimensions, and the start and length in each dimension. They are encoded so that the bytes sort in the
// order of the numbers and strings (TensorFlow's OrderedCode). A dimension that the slice covers completely
// has start 0 and length -1.
func sliceKey(key string, s slice) string {
	b := appendNumber(nil, 0)
	b = appendString(b, key)
	b = appendNumber(b, uint64(len(s)))
	for _, e := range s {
		b = appendSigned(b, e.start)
		b = appendSigned(b, e.length)
	}
	return string(b)
}

// appendNumber appends an unsigned number: how many bytes it has without leading zeros, and these bytes, most
// significant first.
func appendNumber(b []byte, v uint64) []byte {
	n := (bits.Len64(v) + 7) / 8
	big := binary.BigEndian.AppendUint64(nil, v)
	return append(append(b, byte(n)), big[8-n:]...)
}

// appendString appends a string in which each byte 0 or 255 is followed by its complement, and then 0 1 as a
// terminator.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		b = append(b, s[i])
		if s[i] == 0 || s[i] == 0xff {
			b = append(b, ^s[i])
		}
	}
	return append(b, 0, 1)
}

// appendSigned appends a signed number in n bytes. The first n bits encode n: they are ones if the number
// is not negative, and zeros if it is. They are followed by the sign bit, which is their inverse, and the
// number in two's complement.
func appendSigned(b []byte, v int64) []byte {
	magnitude := uint64(v)
	if v < 0 {
		magnitude = ^magnitude
	}
	n := bits.Len64(magnitude)/7 + 1 // each byte has 7 bits left besides a bit for the length; one bit is the sign
	sign := byte(v >> 63)
	wide := append([]byte{sign, sign}, binary.BigEndian.AppendUint64(nil, uint64(v))...)
	out := wide[len(wide)-n:]
	header := uint16(0xffff) << (16 - n)
	out[0] ^= byte(header >> 8)
	if n > 8 {
		out[1] ^= byte(header)
	}
	return append(b, out...)
}
