package kernels

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
)

// A tensor of the limit is computed, a larger one is an error that names the node.
func TestMaxTensorBytes(t *testing.T) {
	for _, tt := range []struct {
		elements, limit int64
		want            string // "" where it is computed
	}{
		{250, 1000, ""},
		{251, 1000, `node "y" (BroadcastTo): got output f32[251], of which one tensor takes 1004 bytes, want at most 1000; ` +
			`give smaller shapes, or raise the limit of a tensor`},
		{1<<28 + 1, 0, `node "y" (BroadcastTo): got output f32[268435457], of which one tensor takes 1073741828 bytes, ` +
			`want at most 1073741824; give smaller shapes, or raise the limit of a tensor`},
	} {
		for _, late := range []bool{false, true} {
			for _, o := range []Options{{}, {Engine: Portable}, {Engine: Reference}} {
				t.Run(fmt.Sprintf("%d/late=%t/%v", tt.elements, late, o.Engine), func(t *testing.T) {
					o.MaxTensorBytes = tt.limit
					requireBroadcast(t, tt.elements, late, o, tt.want)
				})
			}
		}
	}
}

// requireBroadcast broadcasts a number to some elements, whose number is a constant or else known
// late, and requires an error, or none for "".
func requireBroadcast(t *testing.T, elements int64, late bool, o Options, want string) {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{})
	y, err := core.NewNamedNode("y", &array.BroadcastTo{}, x, g.operandOf(vectorOf(elements), late))
	require.NoError(t, err)
	g.result(y.Out(0))
	inputs := map[string]*core.Tensor{}
	for _, p := range g.f.Parameters {
		if inputs[p.Name] = g.fixed[p.Name]; inputs[p.Name] == nil {
			inputs[p.Name] = core.Scalar(float32(3))
		}
	}
	p, err := Compile(g.f, nil, o)
	var out map[string]*core.Tensor
	if err == nil {
		out, err = p.Run(context.Background(), inputs, nil)
	}
	if want == "" {
		require.NoError(t, err)
		for _, v := range out {
			require.Equal(t, int(elements), v.Len())
		}
		return
	}
	require.EqualError(t, err, want)
	var m *core.MemoryError
	require.ErrorAs(t, err, &m)
	require.True(t, m.OneTensor)
}
