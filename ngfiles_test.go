package tf2ng_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

// A model that a program converted which wrote schema 1 loads, and gives what it gave then.
func TestModelOfSchema1(t *testing.T) {
	const name = "digits_cnn_nc26_tf215"
	x := npzArray("testdata/graphdefs/"+name+".tf221.npz", "x8")
	want := npzArray("testdata/ng/"+name+".schema1.npz", "Identity:0")
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Portable, kernels.Reference} {
		m, err := tf2ng.Load("testdata/ng/"+name+".schema1.ng", tf2ng.WithEngine(engine))
		require.NoError(t, err)
		out, err := m.Run(context.Background(), map[string]*core.Tensor{"input": x})
		require.NoError(t, err)
		assert.Equal(t, want.Bytes(), out["Identity:0"].Bytes(), "%v", engine)
		require.NoError(t, m.Close())
	}
}
