package builders_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
)

func TestNGraphVectors(t *testing.T) {
	ngraphtest.Each(t, "builders", func(t *testing.T, c *ngraphtest.Case) {
		want := c.Want(t)
		build := func(in []core.Value) ([]core.Value, error) {
			out, err := call(t, c, in)
			if err == nil {
				require.Equal(t, core.Origin{Builder: c.Op}, out.Node.Origin)
			}
			return []core.Value{out.Value}, err
		}
		for name, kind := range map[string]func(int) bool{
			"parameters": ngraphtest.Parameters,
			"constants":  ngraphtest.Constants,
			"data":       func(i int) bool { return i > 0 },
		} {
			got, err := ngraphtest.Evaluate(c.Tensors(t), kind, build)
			require.NoError(t, err, name)
			ngraphtest.Equal(t, want, got[0])
		}
		got, err := ngraphtest.Evaluate(c.Tensors(t), ngraphtest.Parameters,
			func(in []core.Value) ([]core.Value, error) {
				values, err := build(in)
				if err != nil {
					return nil, err
				}
				return []core.Value{decomposed(t, values[0])}, nil
			})
		require.NoError(t, err)
		ngraphtest.Equal(t, want, got[0])
	})
}

// decomposed replaces a value and, once, what it is computed from by decompositions.
func decomposed(t *testing.T, v core.Value) core.Value {
	in := make([]core.Value, len(v.Node.Inputs()))
	for i, x := range v.Node.Inputs() {
		in[i] = x
		if d, ok := x.Node.Op().(core.Decomposer); ok {
			out, err := d.Decompose(x.Node.Inputs())
			require.NoError(t, err)
			in[i] = out[x.Index]
		}
	}
	if d, ok := v.Node.Op().(core.Decomposer); ok {
		out, err := d.Decompose(in)
		require.NoError(t, err)
		return out[v.Index]
	}
	if len(in) == 0 {
		return v
	}
	n, err := core.NewNode(v.Node.Op(), in...)
	require.NoError(t, err)
	return n.Out(v.Index)
}

// call calls a case's builder under nGraph's arithmetic.
func call(t *testing.T, c *ngraphtest.Case, in []core.Value) (builders.Output, error) {
	a := &c.Attrs
	value := func(name string) core.Value { return in[c.Named(t, name)] }
	between := func(what string) builders.Range {
		return builders.Range{Min: value("min" + what), Max: value("max" + what)}
	}
	switch c.Op {
	case "ScaledQuantize":
		return builders.ScaledQuantize(builders.Scope{}, builders.Quantization{
			Data:      value("input"),
			Range:     between(""),
			Type:      c.OutputType,
			Axes:      a.Axes,
			RoundMode: numeric.RoundMode(a.RoundMode),
		})
	case "ScaledDequantize":
		return builders.ScaledDequantize(builders.Scope{}, builders.Dequantization{
			Data: value("input"), Range: between(""), Type: value("min").Type(), Axes: a.Axes,
		})
	case "ScaledQuantizedConcat":
		cat := builders.Concatenation{Axis: a.Axis}
		for _, x := range c.Inputs {
			if n, ok := strings.CutPrefix(x.Name, "arg"); ok {
				cat.Args = append(cat.Args, value(x.Name))
				cat.Ranges = append(cat.Ranges, between(n))
			}
		}
		return builders.ScaledQuantizedConcat(builders.Scope{}, cat)
	case "ScaledQuantizedDot":
		return builders.ScaledQuantizedDot(builders.Scope{}, builders.Dot{
			Input0: value("input0"), Input1: value("input1"),
			Input0Range: between("_input0"), Input1Range: between("_input1"), OutputRange: between("_output"),
			ReductionAxes: a.ReductionAxes, OutputType: c.OutputType,
		})
	case "ScaledQuantizedDotBias":
		return builders.ScaledQuantizedDotBias(builders.Scope{}, builders.Dot{
			Input0: value("input"), Input1: value("filters"), Bias: value("bias"),
			Input0Range: between("_input"), Input1Range: between("_filter"), OutputRange: between("_output"),
			Requantize: bool(a.Requantize), WithRelu: bool(a.WithRelu),
		})
	}
	conv := builders.Convolution{
		Spatial: a.Spatial(), Data: value("input"), Filters: value("filters"),
		DataRange: between("_input"), FilterRange: between("_filter"), OutputRange: between("_output"),
		OutputType: c.OutputType, WithRelu: bool(a.WithRelu),
	}
	switch c.Op {
	case "ScaledQuantizedConvolution":
		return builders.ScaledQuantizedConvolution(builders.Scope{}, conv)
	case "ScaledQuantizedConvolutionRelu":
		return builders.ScaledQuantizedConvolutionRelu(builders.Scope{}, conv)
	}
	conv.Bias = value("bias")
	if c.Op == "ScaledQuantizedConvolutionBias" {
		return builders.ScaledQuantizedConvolutionBias(builders.Scope{}, conv)
	}
	conv.Sum, conv.SumRange = value("sum_input"), between("_sum")
	if c.Op == "ScaledQuantizedConvolutionBiasAdd" {
		return builders.ScaledQuantizedConvolutionBiasAdd(builders.Scope{}, conv)
	}
	return builders.ScaledQuantizedConvolutionBiasSignedAdd(builders.Scope{}, conv)
}
