package tensorflow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/pooling"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/testgolden"
)

// golden runs the cases of a group: op makes the op of a case, which gets the inputs of
// TensorFlow's node unless it picks others.
type golden struct {
	group string
	op    func(c *goldenCase) core.Op
	pick  func(c *goldenCase, in []*core.Tensor) []*core.Tensor
	ulps  []float64 // per output, default 0
	first bool      // the op gives the first output only; the others are the range that it gets
}

// goldenCase is a case with shorthands for the attributes of its node.
type goldenCase struct {
	*testgolden.Case
	t testing.TB
}

func (c *goldenCase) typ(name string) core.Type { return c.Type(c.t, name) }

// typOr is typ of an attribute with a default.
func (c *goldenCase) typOr(name string, otherwise core.Type) core.Type {
	if !c.Node(c.t).Has(name) {
		return otherwise
	}
	return c.typ(name)
}

func (c *goldenCase) flag(name string, otherwise bool) bool {
	v, err := c.Node(c.t).BoolOr(name, otherwise)
	require.NoError(c.t, err)
	return v
}

func (c *goldenCase) int(name string, otherwise int64) int {
	v, err := c.Node(c.t).IntOr(name, otherwise)
	require.NoError(c.t, err)
	return int(v)
}

func (c *goldenCase) float(name string, otherwise float32) float32 {
	v, err := c.Node(c.t).FloatOr(name, otherwise)
	require.NoError(c.t, err)
	return v
}

func (c *goldenCase) str(name, otherwise string) string {
	v, err := c.Node(c.t).StrOr(name, otherwise)
	require.NoError(c.t, err)
	return v
}

func (c *goldenCase) mode() (m tensorflow.QuantizeMode) {
	require.NoError(c.t, m.UnmarshalText([]byte(c.str("mode", "MIN_COMBINED"))))
	return m
}

func (c *goldenCase) roundMode(otherwise string) numeric.RoundMode {
	m, ok := map[string]numeric.RoundMode{
		"HALF_AWAY_FROM_ZERO": numeric.RoundNearestTowardInfinity,
		"HALF_TO_EVEN":        numeric.RoundNearestTowardEven,
		"HALF_UP":             numeric.RoundNearestUpward,
	}[c.str("round_mode", otherwise)]
	require.True(c.t, ok)
	return m
}

func (g golden) run(t *testing.T) {
	t.Helper()
	for _, raw := range testgolden.Load(t, g.group) {
		t.Run(raw.ID, func(t *testing.T) {
			c := &goldenCase{raw, t}
			in := c.Inputs(t)
			if g.pick != nil {
				in = g.pick(c, in)
			}
			got, err := core.EvalOp(g.op(c), in)
			require.NoError(t, err)
			wants := c.Want()
			if g.first {
				wants = wants[:1]
			}
			for i, want := range wants {
				ulps := 0.0
				if i < len(g.ulps) {
					ulps = g.ulps[i]
				}
				testgolden.RequireEqual(t, want, got[i], ulps, c.Fetches[i].Tensor)
			}
		})
	}
}

func TestTFQuantizeV2EqualsTensorFlow(t *testing.T) {
	golden{group: "QuantizeV2", op: func(c *goldenCase) core.Op {
		return &tensorflow.QuantizeV2{
			Type: c.typ("T"), Mode: c.mode(), RoundMode: c.roundMode("HALF_AWAY_FROM_ZERO"),
			NarrowRange: c.flag("narrow_range", false), Axis: c.int("axis", -1),
			EnsureMinimumRange: c.float("ensure_minimum_range", 0.01),
		}
	}}.run(t)
}

func TestTFDequantizeEqualsTensorFlow(t *testing.T) {
	golden{group: "Dequantize", op: func(c *goldenCase) core.Op {
		return &tensorflow.Dequantize{
			Mode: c.mode(), Axis: c.int("axis", -1),
			NarrowRange: c.flag("narrow_range", false), OutType: c.typOr("dtype", core.F32),
		}
	}}.run(t)
}

func TestTFRequantizeEqualsTensorFlow(t *testing.T) {
	golden{
		group: "Requantize", op: func(c *goldenCase) core.Op { return &tensorflow.Requantize{Type: c.typ("out_type")} },
	}.run(t)
	golden{group: "RequantizationRange", op: func(*goldenCase) core.Op { return &tensorflow.RequantizationRange{} }}.run(t)
	golden{
		group: "QuantizeDownAndShrinkRange",
		op:    func(*goldenCase) core.Op { return &tensorflow.QuantizeDownAndShrinkRange{} },
	}.run(t)
}

func TestTFRequantizePerChannelEqualsTensorFlow(t *testing.T) {
	golden{group: "RequantizePerChannel", op: func(c *goldenCase) core.Op {
		return &tensorflow.RequantizePerChannel{Type: c.typ("out_type")}
	}}.run(t)
	golden{group: "RequantizationRangePerChannel", op: func(c *goldenCase) core.Op {
		return &tensorflow.RequantizationRangePerChannel{ClipValueMax: c.float("clip_value_max", 0)}
	}}.run(t)
}

// window returns the window and strides of a pool's node.
func (c *goldenCase) window() (geometry.Spatial, []int) {
	s := geometry.Spatial{Layout: geometry.NHWC, PadType: geometry.PadValid}
	if c.str("padding", "") == "SAME" {
		s.PadType = geometry.PadSameUpper
	}
	inner := func(name string) (out []int) {
		v, err := c.Node(c.t).Ints(name)
		require.NoError(c.t, err)
		for _, n := range v[1 : len(v)-1] {
			out = append(out, int(n))
		}
		return out
	}
	s.Strides = inner("strides")
	return s, inner("ksize")
}

func firstInput(_ *goldenCase, in []*core.Tensor) []*core.Tensor { return in[:1] }

func TestQuantizedPoolsEqualTensorFlow(t *testing.T) {
	for _, group := range []string{"QuantizedMaxPool", "_QuantizedMaxPool3D"} {
		golden{group: group, first: true, pick: firstInput, op: func(c *goldenCase) core.Op {
			s, w := c.window()
			return &pooling.MaxPool{Spatial: s, Window: w}
		}}.run(t)
	}
	golden{group: "QuantizedAvgPool", first: true, pick: firstInput, op: func(c *goldenCase) core.Op {
		s, w := c.window()
		return &tensorflow.QuantizedAvgPool{Spatial: s, Window: w}
	}}.run(t)
}

func TestTFQuantizedElementwiseEqualsTensorFlow(t *testing.T) {
	golden{group: "QuantizedAdd", op: func(*goldenCase) core.Op { return &tensorflow.QuantizedAdd{} }}.run(t)
	golden{group: "QuantizedMul", op: func(*goldenCase) core.Op { return &tensorflow.QuantizedMul{} }}.run(t)
	golden{group: "QuantizedBiasAdd", op: func(*goldenCase) core.Op { return &tensorflow.QuantizedBiasAdd{} }}.run(t)
	golden{
		group: "QuantizedRelu", first: true,
		op: func(*goldenCase) core.Op { return &tensorflow.QuantizedRelu{} },
	}.run(t)
	golden{
		group: "QuantizedRelu6", first: true, op: func(*goldenCase) core.Op { return &tensorflow.QuantizedRelu{} },
		pick: func(_ *goldenCase, in []*core.Tensor) []*core.Tensor {
			return append(in[:3:3], core.Scalar(float32(6)))
		},
	}.run(t)
}

func TestTFQuantizedConcatEqualsTensorFlow(t *testing.T) {
	axis := func(t testing.TB, v *core.Tensor) int {
		require.Equal(t, 1, v.Len())
		return int(v.Int64s()[0])
	}
	golden{
		group: "QuantizedConcat",
		op: func(c *goldenCase) core.Op {
			return &tensorflow.QuantizedConcat{V1: true, Axis: axis(c.t, c.Inputs(c.t)[0])}
		},
		pick: func(_ *goldenCase, in []*core.Tensor) []*core.Tensor { return in[1:] },
	}.run(t)
	golden{
		group: "QuantizedConcatV2",
		op: func(c *goldenCase) core.Op {
			in := c.Inputs(c.t)
			return &tensorflow.QuantizedConcat{Axis: axis(c.t, in[len(in)/3])}
		},
		pick: func(_ *goldenCase, in []*core.Tensor) []*core.Tensor {
			n := len(in) / 3
			return append(in[:n:n], in[n+1:]...)
		},
	}.run(t)
}

func TestTFFakeQuantEqualsTensorFlow(t *testing.T) {
	golden{
		group: "FakeQuant", ulps: []float64{2},
		op: func(c *goldenCase) core.Op {
			return &tensorflow.FakeQuant{
				NumBits: c.int("num_bits", 8), NarrowRange: c.flag("narrow_range", false),
				PerChannel: c.Op == "FakeQuantWithMinMaxVarsPerChannel",
				Divides:    c.Op == "FakeQuantWithMinMaxVars",
			}
		},
		pick: func(c *goldenCase, in []*core.Tensor) []*core.Tensor {
			if c.Op == "FakeQuantWithMinMaxArgs" {
				return append(in, core.Scalar(c.float("min", -6)), core.Scalar(c.float("max", 6)))
			}
			return in
		},
	}.run(t)
}

func TestTFQuantizeAndDequantizeEqualsTensorFlow(t *testing.T) {
	golden{
		group: "QuantizeAndDequantize", ulps: []float64{2},
		op: func(c *goldenCase) core.Op {
			bits := c.int("num_bits", 8)
			if len(c.Inputs(c.t)) == 4 {
				bits = 0 // an input says it
			}
			return &tensorflow.QuantizeAndDequantize{
				SignedInput: c.flag("signed_input", true), NumBits: bits, RangeGiven: c.flag("range_given", false),
				RoundMode: c.roundMode("HALF_TO_EVEN"), NarrowRange: c.flag("narrow_range", false), Axis: c.int("axis", -1),
			}
		},
		pick: func(c *goldenCase, in []*core.Tensor) []*core.Tensor {
			if len(in) == 1 { // V1 has its range in attributes
				return append(in, core.Scalar(c.float("input_min", 0)), core.Scalar(c.float("input_max", 0)))
			}
			return in
		},
	}.run(t)
}

func TestTFQuantizedResizeBilinearEqualsTensorFlow(t *testing.T) {
	golden{group: "QuantizedResizeBilinear", first: true, ulps: []float64{2}, op: func(c *goldenCase) core.Op {
		return &tensorflow.QuantizedResizeBilinear{
			AlignCorners: c.flag("align_corners", false), HalfPixelCenters: c.flag("half_pixel_centers", false),
		}
	}}.run(t)
}

func TestTFQuantizedBatchNormEqualsTensorFlow(t *testing.T) {
	golden{group: "QuantizedBatchNorm", op: func(c *goldenCase) core.Op {
		return &tensorflow.QuantizedBatchNorm{
			Epsilon: c.float("variance_epsilon", 0), ScaleAfterNormalization: c.flag("scale_after_normalization", false),
		}
	}}.run(t)
}

func TestTFQuantizedInstanceNormEqualsTensorFlow(t *testing.T) {
	golden{group: "QuantizedInstanceNorm", op: func(c *goldenCase) core.Op {
		return &tensorflow.QuantizedInstanceNorm{
			OutputRangeGiven: c.flag("output_range_given", false), GivenYMin: c.float("given_y_min", 0),
			GivenYMax:       c.float("given_y_max", 0),
			VarianceEpsilon: c.float("variance_epsilon", 1e-5), MinSeparation: c.float("min_separation", 1e-3),
		}
	}}.run(t)
}
