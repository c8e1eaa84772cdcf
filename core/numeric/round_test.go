package numeric

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFMA32EqualsTheExactSumRoundedOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	operand := func() float32 {
		return math.Float32frombits(r.Uint32()&0x807fffff | uint32(100+r.IntN(60))<<23)
	}
	for range 200000 {
		x, y, z := operand(), operand(), operand()
		if r.IntN(2) == 0 { // sums that lie near ties
			z = -x * y * float32(1+r.IntN(3))
		}
		p := new(big.Float).SetPrec(300).Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
		p.Add(p, big.NewFloat(float64(z)))
		want, _ := p.Float32()
		require.Equal(t, want, FMA32(x, y, z), "fma(%v, %v, %v)", x, y, z)
	}
}
