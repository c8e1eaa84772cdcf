package passes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// Of marked conversions only the one back to f32 is left out.
func TestFusedKeepsTypes(t *testing.T) {
	for want, left := range map[core.Type]int{core.F32: 0, core.F64: 2, core.F16: 2} {
		g := testgraph.NewGraph(t, "f")
		x := g.Parameter("x", core.F32, 2)
		half := g.Apply(&pointwise.Convert{Type: core.BF16, Fused: true}, x)
		f, err := Run(g.Results(g.Apply(&pointwise.Convert{Type: want, Fused: true}, half)), Options{StopAfter: "fused"})
		require.NoError(t, err, want)
		assert.Equal(t, want, f.Results[0].Outputs()[0].Type)
		conversions := 0
		for _, n := range f.Nodes() {
			if n.OpName() == "Convert" {
				conversions++
			}
		}
		assert.Equal(t, left, conversions, want)
	}
}
