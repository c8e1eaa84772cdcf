package bundle

import (
	"encoding/binary"
	"math/bits"
)

// sliceKey is the key of a slice of a tensor: 0, the tensor's key, the number of dimensions, and
// start and length of each, in an encoding whose bytes sort as the numbers and strings do
// (TensorFlow's OrderedCode). A dimension that is not cut has start 0 and length -1.
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

// appendNumber appends the number of bytes that are not zero at the front, and these.
func appendNumber(b []byte, v uint64) []byte {
	n := (bits.Len64(v) + 7) / 8
	big := binary.BigEndian.AppendUint64(nil, v)
	return append(append(b, byte(n)), big[8-n:]...)
}

// appendString appends a string in which 0 and 255 are followed by their complement, and 0 1.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		b = append(b, s[i])
		if s[i] == 0 || s[i] == 0xff {
			b = append(b, ^s[i])
		}
	}
	return append(b, 0, 1)
}

// appendSigned appends a number in n bytes, whose first n bits say so: ones for a number from 0 on,
// zeros for a negative one, then its sign. What follows is the number in two's complement.
func appendSigned(b []byte, v int64) []byte {
	magnitude := uint64(v)
	if v < 0 {
		magnitude = ^magnitude
	}
	n := bits.Len64(magnitude)/7 + 1 // a byte holds 7 bits beside its bit of the length; one is the sign
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
