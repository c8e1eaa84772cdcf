package vision

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIntrosort sorts with introsort, and with the heapsort of lists that it splits badly.
func TestIntrosort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 16, 17, 33, 1000} {
		for name, value := range map[string]func(i int) int{
			"random": func(int) int { return r.IntN(n) },
			"ties":   func(int) int { return r.IntN(3) },
			"equal":  func(int) int { return 0 },
			"rising": func(i int) int { return i },
			"pipe":   func(i int) int { return min(i, n-i) },
		} {
			t.Run(fmt.Sprintf("%s_%d", name, n), func(t *testing.T) {
				list := make([]ranked, n)
				for i := range list {
					list[i].key = int32(value(i))
				}
				byKey := func(a, b ranked) int { return cmp.Compare(a.key, b.key) }
				want := slices.SortedFunc(slices.Values(list), byKey)
				got := slices.Clone(list)
				introsort(got)
				require.Equal(t, want, append([]ranked(nil), got...))
				heapsort(list)
				require.Equal(t, want, append([]ranked(nil), list...))
			})
		}
	}
}

func TestKeys(t *testing.T) {
	inf := float32(math.Inf(1))
	scores := []float32{-inf, -math.MaxFloat32, -1, -0x1p-149, 0, 0x1p-149, 0.5, 1, math.MaxFloat32, inf}
	for i, s := range scores {
		if i > 0 {
			require.Less(t, keyOf(scores[i-1]), keyOf(s), "%v and %v", scores[i-1], s)
			require.Greater(t, ^keyOf(scores[i-1]), ^keyOf(s), "%v and %v", scores[i-1], s)
		}
	}
	require.Equal(t, keyOf(0), keyOf(float32(math.Copysign(0, -1))))
}
