package text

import (
	"github.com/tf2ng/tf2ng/core"
)

var _ = core.Register[HashBucket]("StringToHashBucket")

// HashBucket hashes strings.
//
//	y[i] = hash(x[i]) mod Buckets; the hash is FarmHash's Fingerprint64 or, with a Key, SipHash-2-4
//
//	Inputs:  x: string, any shape
//	Outputs: y: i64, the shape of x
//
//	C1: x has strings
//	C2: Buckets are at least 1; Key has no or two elements
//
// It is TensorFlow's StringToHashBucketFast and StringToHashBucketStrong.
type HashBucket struct {
	Buckets int64   `json:"buckets"`
	Key     []int64 `json:"key,omitempty"`
}

// Infer checks C1 and C2.
func (op *HashBucket) Infer(in []core.Operand) ([]core.Fact, error) {
	if op.Buckets < 1 {
		return nil, core.Violation("C2", -1, "got %d buckets, want at least 1", op.Buckets)
	}
	if n := len(op.Key); n != 0 && n != 2 {
		return nil, core.Violation("C2", -1, "got a key of %d numbers, want none or 2", n)
	}
	return inferEach(in, core.I64)
}

// Eval hashes the strings.
func (op *HashBucket) Eval(in, out []*core.Tensor) error {
	hash := Fingerprint64
	if len(op.Key) == 2 {
		hash = func(s string) uint64 { return SipHash(uint64(op.Key[0]), uint64(op.Key[1]), s) }
	}
	return evalEach(op, in, out, func(s string) int64 { return int64(hash(s) % uint64(op.Buckets)) })
}
