package share

import (
	"crypto/sha256"
	"encoding/binary"
	"unsafe"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/view"
)

// Key identifies an item of a Store by everything that the item depends on.
type Key struct{ b []byte }

// NewKey returns a key for a kind of item. What the item depends on must then be appended.
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

// Floats appends the number of values and their bits.
func (k *Key) Floats(v []float32) *Key {
	k.b = binary.AppendUvarint(k.b, uint64(len(v)))
	k.b = append(k.b, view.Bytes(v)...)
	return k
}

// Tensor appends the identity of a canonical constant (Lease.Canonical), which the plan keeps alive.
func (k *Key) Tensor(t *core.Tensor) *Key {
	return k.Numbers(int(uintptr(unsafe.Pointer(t))))
}

// content appends bytes, or a digest if there are many.
func (k *Key) content(b []byte) *Key {
	if len(b) > sha256.Size {
		digest := sha256.Sum256(b)
		return k.Numbers(len(b)).Text(string(digest[:]))
	}
	return k.Text(string(b))
}

// String returns the key.
func (k *Key) String() string { return string(k.b) }
