package bundle

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The bytes of numbers and strings follow from the format's description; those of the keys in
// TensorFlow's own bundles are compared where these are read.
func TestOrderedCode(t *testing.T) {
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"0", appendNumber(nil, 0), "\x00"},
		{"1", appendNumber(nil, 1), "\x01\x01"},
		{"255", appendNumber(nil, 255), "\x01\xff"},
		{"256", appendNumber(nil, 256), "\x02\x01\x00"},
		{"2^64-1", appendNumber(nil, math.MaxUint64), "\x08\xff\xff\xff\xff\xff\xff\xff\xff"},
		{"empty string", appendString(nil, ""), "\x00\x01"},
		{"string", appendString(nil, "a/b"), "a/b\x00\x01"},
		{"string with 0 and 255", appendString(nil, "\x00a\xff"), "\x00\xffa\xff\x00\x00\x01"},
		{"signed 0", appendSigned(nil, 0), "\x80"},
		{"signed -1", appendSigned(nil, -1), "\x7f"},
		{"signed 63", appendSigned(nil, 63), "\xbf"},
		{"signed -64", appendSigned(nil, -64), "\x40"},
		{"signed 64", appendSigned(nil, 64), "\xc0\x40"},
		{"signed -65", appendSigned(nil, -65), "\x3f\xbf"},
		{"signed 2^13-1", appendSigned(nil, 1<<13-1), "\xdf\xff"},
		{"signed 2^13", appendSigned(nil, 1<<13), "\xe0\x20\x00"},
		{"signed -2^13-1", appendSigned(nil, -1<<13-1), "\x1f\xdf\xff"},
		{"signed 2^55-1", appendSigned(nil, 1<<55-1), "\xff\x7f\xff\xff\xff\xff\xff\xff"},
		{"signed 2^55", appendSigned(nil, 1<<55), "\xff\x80\x80\x00\x00\x00\x00\x00\x00"},
		{"signed 2^63-1", appendSigned(nil, math.MaxInt64), "\xff\xc0\x7f\xff\xff\xff\xff\xff\xff\xff"},
		{"signed -2^63", appendSigned(nil, math.MinInt64), "\x00\x3f\x80\x00\x00\x00\x00\x00\x00\x00"},
	} {
		assert.Equal(t, test.want, string(test.got), test.name)
	}
	assert.Equal(t, "\x00net/w\x00\x01\x01\x02\x80\x84\x80\x7f", sliceKey("net/w", slice{{0, 4}, {0, whole}}))
}
