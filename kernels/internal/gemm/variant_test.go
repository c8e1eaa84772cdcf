package gemm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// TestNames: a name states the tile and the instruction set of its variant, and no two
// variants have the same.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range variants {
		require.Equal(t, fmt.Sprintf("gemm_u8s8_chain_%dx%dk%d_%s", v.MR, v.NR, v.KR, v.ISA), v.Name)
		require.False(t, seen[v.Name], v.Name)
		seen[v.Name] = true
	}
}

// TestChoose: the most capable instruction set that is allowed and built in decides.
func TestChoose(t *testing.T) {
	full := ^isa.Set(0)
	require.True(t, strings.HasSuffix(Choose(0).Name, "_portable"))
	require.Same(t, &variants[0], Choose(full))
	for _, v := range variants[:len(variants)-1] {
		require.NotEqual(t, v.ISA, Choose(full.Without(v.ISA)).ISA)
	}
}
