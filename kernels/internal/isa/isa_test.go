package isa

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNamesParse(t *testing.T) {
	for _, i := range All() {
		parsed, err := Parse(i.String())
		require.NoError(t, err)
		assert.Equal(t, i, parsed)
	}
	_, err := Parse("sse")
	assert.ErrorContains(t, err, `unknown instruction set "sse": want one of portable, avx2, avx512vnni, amx`)
	assert.Equal(t, "isa(77)", ISA(77).String())
}

// What one instruction set needs, those above it on its architecture need as well.
func TestMoreCapableOnesAreLessCapableOnesToo(t *testing.T) {
	for i := AVX2; i < numISA; i++ {
		require.NotEmpty(t, table[i].arch, i)
		if before := table[i-1]; before.arch == table[i].arch {
			assert.Subset(t, table[i].features, before.features, i)
		}
	}
}

func TestNarrow(t *testing.T) {
	all := Set(1<<AVX2 | 1<<AVX512VNNI | 1<<AMX)
	for _, c := range []struct{ disabled, want string }{
		{"", "amx,avx512vnni,avx2,portable"},
		{"amx", "avx512vnni,avx2,portable"},
		{"avx512vnni", "avx2,portable"}, // which amx includes
		{" avx2, unknown", "portable"},
		{"portable", "amx,avx512vnni,avx2,portable"},
	} {
		assert.Equal(t, c.want, narrow(all, c.disabled).String(), c.disabled)
	}
}
