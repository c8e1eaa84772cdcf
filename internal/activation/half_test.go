package activation

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRoundF16 rounds each float16, the middle of it and the next one, and the float32 beside them.
func TestRoundF16(t *testing.T) {
	for h := range 1 << 16 {
		x := F16ToF32(uint16(h))
		if x != x {
			require.True(t, math.IsNaN(float64(RoundF16(x))))
			continue
		}
		middle := (x + F16ToF32(uint16(h+1))) / 2
		for _, v := range []float32{x, middle} {
			bits := math.Float32bits(v)
			for _, b := range []uint32{bits - 1, bits, bits + 1} {
				f := math.Float32frombits(b)
				got, want := RoundF16(f), F16ToF32(F32ToF16(f))
				if math.Float32bits(got) != math.Float32bits(want) {
					t.Fatalf("RoundF16(%x) is %x, want %x", f, got, want)
				}
			}
		}
	}
}
