package kernels

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

// Two results of one matrix of weights, and a function of each alone.
func TestViewsShareWeights(t *testing.T) {
	g := newGraph(t, 1)
	x := g.parameter(core.F32, core.Shape{core.Unknown, 64})
	w := core.NewConstant(g.tensor(core.F32, core.Shape{64, 128}, false))
	y := g.apply(&linear.Dot{ReductionAxes: 1}, x, w)
	g.result(y)
	g.result(g.apply(&linear.Dot{ReductionAxes: 1}, g.apply(&linear.Dot{ReductionAxes: 1}, x, w),
		core.NewConstant(g.tensor(core.F32, core.Shape{128, 2}, false))))
	p, err := Prepare(g.f, Options{})
	require.NoError(t, err)
	inputs := map[string]*core.Tensor{g.f.Parameters[0].Name: g.tensor(core.F32, core.Shape{3, 64}, false)}
	want, err := p.Run(context.Background(), inputs, nil)
	require.NoError(t, err)
	whole, _ := p.Memory()

	var views []*Prepared
	for _, r := range g.f.Results {
		v, err := p.View(&core.Function{Parameters: g.f.Parameters, Results: []*core.Node{r}})
		require.NoError(t, err)
		got, err := v.Run(context.Background(), inputs, nil)
		require.NoError(t, err)
		require.Len(t, got, 1)
		assert.Equal(t, want[r.Name].Bytes(), got[r.Name].Bytes())
		shared, _ := v.Memory()
		assert.Equal(t, whole, shared, "packed once")
		views = append(views, v)
	}
	_, err = p.View(&core.Function{Results: g.f.Results})
	var bad *core.FunctionError
	assert.ErrorAs(t, err, &bad, "a parameter is missing")

	views[0].Close()
	for _, q := range append(views, p) {
		_, err := q.Run(context.Background(), inputs, nil)
		assert.ErrorIs(t, err, ErrClosed)
		shared, programs := q.Memory()
		assert.Zero(t, shared)
		assert.Zero(t, programs)
	}
	_, err = p.View(g.f)
	assert.ErrorIs(t, err, ErrClosed)
}
