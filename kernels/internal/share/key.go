package share

import (
	"crypto/sha256"
	"encoding/binary"
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
)

// Key collects what a kept thing is made of.
type Key struct{ b []byte }

// NewKey returns the key of a kind of things, of which nothing is said yet.
func NewKey(kind string) *Key { return (&Key{}).Text(kind) }

// Text appends a string.
func (k *Key) Text(s string) *Key {
	k.b = binary.AppendUvarint(k.b, uint64(len(s)))
	k.b = append(k.b, s...)
	return k
}

// Numbers appends integers.
func (k *Key) Numbers(v ...int) *Key {
	for _, n := range v {
		k.b = binary.AppendVarint(k.b, int64(n))
	}
	return k
}

// Floats appends the bits of float32 and how many they are.
func (k *Key) Floats(v []float32) *Key {
	k.b = binary.AppendUvarint(k.b, uint64(len(v)))
	k.b = append(k.b, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))...)
	return k
}

// Tensor appends the identity of a canonical constant, which its plan keeps alive.
func (k *Key) Tensor(t *core.Tensor) *Key {
	return k.Numbers(int(uintptr(unsafe.Pointer(t))))
}

// content appends bytes, or a digest of many.
func (k *Key) content(b []byte) *Key {
	if len(b) > sha256.Size {
		digest := sha256.Sum256(b)
		return k.Numbers(len(b)).Text(string(digest[:]))
	}
	return k.Text(string(b))
}

// String returns the key.
func (k *Key) String() string { return string(k.b) }
