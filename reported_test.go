package tf2ng_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/testgolden"
	"github.com/tf2ng/tf2ng/kernels"
)

// TestReported runs the graphs on which this program and TensorFlow once differed: the
// reference gives what is right, or where TensorFlow's value is undefined any one, and
// every engine the same. TF2NG_CASES names a directory of more.
func TestReported(t *testing.T) {
	for _, c := range testgolden.LoadReported(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := runReported(t, c, tf2ng.WithEngine(kernels.Reference))
			for fetch, want := range c.Want {
				node, ok := c.Graph.Lookup(strings.Split(fetch, ":")[0])
				require.True(t, ok, fetch)
				assert.Empty(t, testgolden.Difference(node.Op, fetch, want, got[fetch]), "%s: %s", c.Name, c.Says)
			}
			for name, opts := range engineOptions() {
				other := runReported(t, c, opts...)
				for fetch, want := range got {
					require.Equal(t, want.Fact(), other[fetch].Fact(), "%s: %s: %s", c.Name, name, fetch)
					require.Equal(t, withoutNaNs(want), withoutNaNs(other[fetch]), "%s: %s: %s", c.Name, name, fetch)
				}
			}
		})
	}
}

// runReported returns the fetched tensors of a case.
func runReported(t *testing.T, c *testgolden.Reported, opts ...tf2ng.Option) map[string]*core.Tensor {
	t.Helper()
	m, err := tf2ng.Load(c.Path, append(opts, tf2ng.WithOutputs(c.Fetches...), tf2ng.WithTFVersion("2.21"))...)
	require.NoError(t, err, "%s: %s", c.Name, c.Says)
	defer func() { require.NoError(t, m.Close()) }()
	out, err := m.Run(context.Background(), c.Inputs)
	require.NoError(t, err, "%s: %s", c.Name, c.Says)
	return out
}
