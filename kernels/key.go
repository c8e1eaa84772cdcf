package kernels

import (
	"crypto/sha256"
	"encoding/binary"
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
)

// key collects what a kept thing is made of.
type key struct{ b []byte }

func newKey(kind string) *key { return (&key{}).text(kind) }

// text appends a string.
func (k *key) text(s string) *key {
	k.b = binary.AppendUvarint(k.b, uint64(len(s)))
	k.b = append(k.b, s...)
	return k
}

// numbers appends integers.
func (k *key) numbers(v ...int) *key {
	for _, n := range v {
		k.b = binary.AppendVarint(k.b, int64(n))
	}
	return k
}

// floats appends the bits of float32 and how many they are.
func (k *key) floats(v []float32) *key {
	k.b = binary.AppendUvarint(k.b, uint64(len(v)))
	k.b = append(k.b, unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))...)
	return k
}

// tensor appends the identity of a canonical constant, which its plan keeps alive.
func (k *key) tensor(t *core.Tensor) *key {
	return k.numbers(int(uintptr(unsafe.Pointer(t))))
}

// content appends bytes, or a digest of many.
func (k *key) content(b []byte) *key {
	if len(b) > sha256.Size {
		digest := sha256.Sum256(b)
		return k.numbers(len(b)).text(string(digest[:]))
	}
	return k.text(string(b))
}

// String returns the key.
func (k *key) String() string { return string(k.b) }
