package isa

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNamesParse(t *testing.T) {
	var names []string
	for i := range numISA {
		names = append(names, table[i].name)
		parsed, err := Parse(i.String())
		require.NoError(t, err)
		assert.Equal(t, i, parsed)
	}
	_, err := Parse("sse")
	assert.EqualError(t, err, `unknown instruction set "sse": want one of `+strings.Join(names, ", "))
	assert.Len(t, All(), len(names))
	assert.Equal(t, "isa(77)", ISA(77).String())
}

// What one instruction set needs, those above it on its architecture need as well.
func TestMoreCapableOnesAreLessCapableOnesToo(t *testing.T) {
	for i := AVX2; i < numISA; i++ {
		require.NotEmpty(t, table[i].arch, i)
		base := table[i].extends
		require.Less(t, base, i)
		if base != Portable {
			assert.Equal(t, table[base].arch, table[i].arch, i)
			assert.Subset(t, table[i].features, table[base].features, i)
		}
	}
}

func TestNarrow(t *testing.T) {
	all := Set(1<<AVX2 | 1<<AVXVNNI | 1<<AVX512VNNI | 1<<AVX512BF16 | 1<<AMX)
	for _, c := range []struct{ disabled, want string }{
		{"", "amx,avx512bf16,avx512vnni,avxvnni,avx2,portable"},
		{"amx", "avx512bf16,avx512vnni,avxvnni,avx2,portable"},
		{"avx512bf16", "amx,avx512vnni,avxvnni,avx2,portable"},
		{"avx512vnni", "avxvnni,avx2,portable"}, // which AMX and AVX512BF16 include
		{"avxvnni", "amx,avx512bf16,avx512vnni,avx2,portable"},
		{"avx512vnni,avxvnni", "avx2,portable"},
		{" avx2, unknown", "portable"},
		{"portable", "amx,avx512bf16,avx512vnni,avxvnni,avx2,portable"},
	} {
		assert.Equal(t, c.want, narrow(all, c.disabled).String(), c.disabled)
	}
}
