package onnx_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/export/onnx"
	_ "github.com/tf2ng/tf2ng/fusedops" // which has ops of its own
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// Each op of core, as a file has it, becomes a message that can be read, or is refused with
// reasons: in each form, and in the first and the last opset.
func TestEveryOp(t *testing.T) {
	files, err := filepath.Glob("../../testdata/ng/schema*/*.ng")
	require.NoError(t, err)
	require.Greater(t, len(files), 100)
	written := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		f, err := ngfile.Read(data)
		require.NoError(t, err, file)
		for _, form := range []onnx.Form{onnx.QDQ, onnx.QOperator, onnx.Integer} {
			for _, opset := range []int{onnx.MinOpset, onnx.DefaultOpset, onnx.MaxOpset} {
				m, err := onnx.Export(f, onnx.Options{Form: form, Opset: opset})
				var unsupported *onnx.UnsupportedError
				if err != nil {
					require.ErrorAs(t, err, &unsupported, file)
					continue
				}
				written[file] = true
				assert.Len(t, parse(t, parse(t, m.Bytes())[7][0].bytes)[12], len(f.Results), file)
			}
		}
	}
	assert.Greater(t, len(written), 60)
}
