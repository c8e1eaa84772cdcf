package fusedops_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/fusedops"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
)

func TestNGraphVectors(t *testing.T) {
	ngraphtest.Each(t, "fusedops", func(t *testing.T, c *ngraphtest.Case) {
		op, want := opOf(t, c), c.Want(t)
		direct := func(in []core.Value) ([]core.Value, error) {
			v, err := core.Apply(op, in...)
			return []core.Value{v}, err
		}
		for name, build := range map[string]func([]core.Value) ([]core.Value, error){
			"op":         direct,
			"decomposed": op.Decompose,
		} {
			for _, kind := range []func(int) bool{ngraphtest.Parameters, ngraphtest.Constants, func(i int) bool {
				return i > 0
			}} {
				got, err := ngraphtest.Evaluate(c.Tensors(t), kind, build)
				require.NoError(t, err, name)
				ngraphtest.Equal(t, want, got[0])
			}
		}
	})
}

func opOf(t *testing.T, c *ngraphtest.Case) core.Decomposer {
	t.Helper()
	a := &c.Attrs
	switch c.Op {
	case "QuantizedConvolutionBias":
		return &fusedops.QuantizedConvolutionBias{Spatial: a.Spatial(), WithRelu: bool(a.WithRelu)}
	case "QuantizedConvolutionBiasAdd":
		return &fusedops.QuantizedConvolutionBiasAdd{Spatial: a.Spatial(), WithRelu: bool(a.WithRelu)}
	case "QuantizedConvolutionBiasSignedAdd":
		return &fusedops.QuantizedConvolutionBiasSignedAdd{Spatial: a.Spatial(), WithRelu: bool(a.WithRelu)}
	case "QuantizedConvolutionRelu":
		return &fusedops.QuantizedConvolutionRelu{Spatial: a.Spatial()}
	case "QuantizedDotBias":
		return &fusedops.QuantizedDotBias{Requantize: bool(a.Requantize), WithRelu: bool(a.WithRelu)}
	}
	t.Fatalf("no op %q", c.Op)
	return nil
}
