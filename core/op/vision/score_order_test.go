package vision

import (
	"fmt"
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
				list := make([]int, n)
				for i := range list {
					list[i] = value(i)
				}
				want := slices.Sorted(slices.Values(list))
				got := slices.Clone(list)
				introsort(got, func(a, b int) bool { return a < b })
				require.Equal(t, want, append([]int(nil), got...))
				heapsort(list, func(a, b int) bool { return a < b })
				require.Equal(t, want, append([]int(nil), list...))
			})
		}
	}
}
