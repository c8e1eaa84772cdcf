package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
)

// Kernels may be faster on zeros than on what models see: floats and bytes are noise. Indices of any tensor are 0.
func TestRandomInputs(t *testing.T) {
	for _, c := range []struct {
		typ   core.Type
		noise bool
	}{
		{core.F32, true},
		{core.F64, true},
		{core.F16, true},
		{core.BF16, true},
		{core.U8, true},
		{core.I8, true},
		{core.I32, false},
		{core.I64, false},
		{core.Bool, false},
	} {
		t.Run(c.typ.String(), func(t *testing.T) {
			infos := []tf2ng.TensorInfo{{Name: "x", Type: c.typ}}
			inputs, err := randomInputs(infos, map[string]core.Shape{"x": {1000}})
			require.NoError(t, err)
			different := map[string]bool{}
			b := inputs["x"].Bytes()
			for size := c.typ.Size(); len(b) > 0; b = b[size:] {
				different[string(b[:size])] = true
			}
			if c.noise {
				assert.Greater(t, len(different), 100)
			} else {
				assert.Len(t, different, 1)
			}
		})
	}
}
