package passes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
)

// All rows written in their order are what is written; others stay a ScatterND.
func TestPassing(t *testing.T) {
	for name, c := range map[string]struct {
		index []int32
		want  []string
	}{
		"in order":     {[]int32{0, 1, 2}, []string{"Parameter", "Result"}},
		"out of order": {[]int32{1, 0, 2}, []string{"Constant", "Constant", "Parameter", "ScatterND", "Result"}},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: core.Shape{3, 2}})
			require.NoError(t, err)
			zeros, err := core.NewTensor(core.F32, core.Shape{3, 2})
			require.NoError(t, err)
			index, err := core.TensorOf(core.Shape{3, 1}, c.index)
			require.NoError(t, err)
			y, err := core.Apply(&indexing.ScatterND{}, core.NewConstant(zeros), core.NewConstant(index), x.Out(0))
			require.NoError(t, err)
			r, err := core.NewNamedNode("y", &core.Result{}, y)
			require.NoError(t, err)
			f, err := passing(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, Options{})
			require.NoError(t, err)
			var got []string
			for _, n := range f.Nodes() {
				got = append(got, n.OpName())
			}
			assert.ElementsMatch(t, c.want, got)
		})
	}
}
