package tf2ng_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/internal/testmodel"
	"github.com/tf2ng/tf2ng/kernels"
)

// behindAChoice returns a function of one input that reads only the images for which a second input is true.
func behindAChoice(t *testing.T, f *core.Function) *core.Function {
	named := func(name string, op core.Op, in ...core.Value) *core.Node {
		n, err := core.NewNamedNode(name, op, in...)
		require.NoError(t, err)
		return n
	}
	require.Len(t, f.Parameters, 1)
	fact := f.Parameters[0].Outputs()[0]
	images := named("images", &core.Parameter{Type: fact.Type, Shape: fact.Shape})
	mask := named("mask", &core.Parameter{Type: core.Bool, Shape: core.Shape{core.Unknown}})
	where := named("where", &indexing.Where{}, mask.Out(0))
	chosen := named("chosen", &indexing.GatherND{}, images.Out(0), where.Out(0))
	g, err := f.Rewrite(func(n *core.Node, _ []core.Value) ([]core.Value, error) {
		if n == f.Parameters[0] {
			return []core.Value{chosen.Out(0)}, nil
		}
		return nil, nil
	})
	require.NoError(t, err)
	g.Parameters = []*core.Node{images, mask}
	g.Signatures = nil
	return g
}

// A model gives the same bits if how many images there are depends on data.
func TestModelsBehindAChoice(t *testing.T) {
	for _, m := range testmodel.Load(t) {
		t.Run(m.Name(), func(t *testing.T) {
			all := imagesOf(t, m, 3)
			mask, err := core.TensorOf(core.Shape{3}, []bool{true, false, true})
			require.NoError(t, err)
			size := len(all.Bytes()) / 3
			shape := all.Shape().Clone()
			shape[0] = 2
			two, err := core.NewTensor(all.Type(), shape)
			require.NoError(t, err)
			copy(two.Bytes(), all.Bytes()[:size])
			copy(two.Bytes()[size:], all.Bytes()[2*size:])

			model, err := tf2ng.Load(m.File())
			require.NoError(t, err)
			defer model.Close()
			want, err := model.Run(context.Background(), map[string]*tf2ng.Tensor{model.Inputs()[0].Name: two})
			require.NoError(t, err)
			p, err := kernels.Prepare(behindAChoice(t, model.Function()), kernels.Options{Threads: 2})
			require.NoError(t, err)
			defer p.Close()
			got, err := p.Run(context.Background(), map[string]*core.Tensor{"images": all, "mask": mask}, nil)
			require.NoError(t, err)
			require.Len(t, got, len(want))
			for name, w := range want {
				require.Equal(t, w.Shape(), got[name].Shape(), name)
				assert.Equal(t, w.Bytes(), got[name].Bytes(), name)
			}
		})
	}
}
