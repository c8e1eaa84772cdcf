package tf2ng_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
)

// TestControlFlow runs the graphs with loops and branches that TensorFlow recorded, on every
// engine. TF2NG_CONTROLFLOW names a directory of more.
func TestControlFlow(t *testing.T) {
	eachReport(t, "testdata/controlflow", "TF2NG_CONTROLFLOW")
}

// fail requires that the model fails where the case says.
func (r *report) fail(t *testing.T, dir string) {
	m, err := tf2ng.Load(filepath.Join(dir, r.Model), r.loadOptions(t)...)
	if r.Fails == "load" {
		require.Error(t, err, r.Because)
		return
	}
	require.NoError(t, err)
	inputs := map[string]*tf2ng.Tensor{}
	for name, at := range r.Feeds {
		inputs[name] = arrayAt(t, dir, at)
	}
	_, err = m.Run(context.Background(), inputs)
	require.Error(t, err, r.Because)
	require.NoError(t, m.Close())
}

// Graphs of control flow that no program may trust are errors, or run.
func TestHostileControlFlow(t *testing.T) {
	paths, err := filepath.Glob("testdata/controlflow/hostile/*.pb")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			m, err := tf2ng.Load(path)
			if err != nil {
				return
			}
			assert.NoError(t, m.Close())
		})
	}
}
