package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const bfloat16 = "../../internal/npy/testdata/savez_bfloat16.npz"

// Arrays that NumPy saved of bfloat16 are inputs, and outputs on request; by default their
// bits are written, which every program reads.
func TestBFloat16Arrays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity.pbtxt")
	require.NoError(t, os.WriteFile(path, []byte(`
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_BFLOAT16 } } }
node { name: "y" op: "Identity" input: "x" attr { key: "T" value { type: DT_BFLOAT16 } } }`), 0o600))
	bits, err := loadArray(bfloat16 + ":bits")
	require.NoError(t, err)
	for _, test := range []struct {
		key, want string
		flags     []string
	}{
		{"saved", "u16[2,3]", nil},
		{"loaded", "bf16[2,3]", []string{"--out-bfloat16"}},
	} {
		t.Run(test.key, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "y.npz")
			must(t, append([]string{"run", path, "--input", "x=" + bfloat16 + ":" + test.key, "--out", file}, test.flags...)...)
			y, err := open(t, file).Read("y:0")
			require.NoError(t, err)
			assert.Equal(t, test.want, y.String())
			assert.Equal(t, bits.Bytes(), y.Bytes())
		})
	}
	_, err = loadArray(bfloat16)
	assert.EqualError(t, err, bfloat16+`: has 3 arrays: `+
		`name one of them, FILE:KEY with a KEY of ["bits" "saved" "loaded"]`)
}
