package builders_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/internal/ngraphtest"
)

func parameter(t *testing.T, name string, typ core.Type, dims ...int) core.Value {
	t.Helper()
	n, err := core.NewNamedNode(name, &core.Parameter{Type: typ, Shape: append(core.Shape{}, dims...)})
	require.NoError(t, err)
	return n.Out(0)
}

func real32(t *testing.T, v ...float32) core.Value {
	t.Helper()
	x, err := core.TensorOf(core.Shape{len(v)}, v)
	require.NoError(t, err)
	return core.NewConstant(x)
}

func between(mn, mx float32) builders.Range {
	return builders.Range{Min: core.NewConstant(core.Scalar(mn)), Max: core.NewConstant(core.Scalar(mx))}
}

// conv is a convolution with all operands, 2 input and 3 output channels.
func conv(t *testing.T) builders.Convolution {
	return builders.Convolution{
		Spatial: geometry.Spatial{Layout: geometry.NHWC},
		Data:    parameter(t, "data", core.U8, 1, 4, 4, 2), Filters: parameter(t, "filters", core.I8, 3, 3, 2, 3),
		Bias: parameter(t, "bias", core.F32, 3), Sum: parameter(t, "sum", core.U8, 1, 2, 2, 3),
		DataRange: between(0, 4), FilterRange: between(-1, 1), SumRange: between(0, 6), OutputRange: between(0, 6),
		OutputType: core.U8, WithRelu: true,
	}
}

func matmul(t *testing.T) builders.Dot {
	return builders.Dot{
		Input0:      parameter(t, "a", core.U8, 2, 5),
		Input1:      parameter(t, "b", core.I8, 5, 3),
		Bias:        parameter(t, "bias", core.F32, 3),
		Input0Range: between(-1, 4),
		Input1Range: between(-1, 1),
		OutputRange: between(0, 6),
		OutputType:  core.U8,
	}
}

type convolutionBuilder func(builders.Scope, builders.Convolution) (builders.Output, error)

// plain drops the operands that a builder does not take.
func plain(build convolutionBuilder, bias, sum bool) convolutionBuilder {
	return func(s builders.Scope, c builders.Convolution) (builders.Output, error) {
		if !bias {
			c.Bias = core.Value{}
		}
		if !sum {
			c.Sum = core.Value{}
		}
		return build(s, c)
	}
}

var convolutionBuilders = map[string]convolutionBuilder{
	"ScaledQuantizedConvolution":        plain(withoutRelu(builders.ScaledQuantizedConvolution), false, false),
	"ScaledQuantizedConvolutionRelu":    plain(builders.ScaledQuantizedConvolutionRelu, false, false),
	"ScaledQuantizedConvolutionBias":    plain(builders.ScaledQuantizedConvolutionBias, true, false),
	"ScaledQuantizedConvolutionBiasAdd": builders.ScaledQuantizedConvolutionBiasAdd,
}

func withoutRelu(build convolutionBuilder) convolutionBuilder {
	return func(s builders.Scope, c builders.Convolution) (builders.Output, error) {
		c.WithRelu = false
		return build(s, c)
	}
}

var arithmetics = []builders.Arithmetic{
	builders.NGraph, builders.TensorFlowAuto, builders.TensorFlow2_8, builders.TensorFlow2_13, builders.TensorFlow2_21,
}

// reachable lists the nodes behind values, without parameters and those given.
func reachable(values ...core.Value) []*core.Node {
	f := &core.Function{Names: map[string]core.Value{}}
	for i, v := range values {
		if v.Node != nil {
			f.Names[fmt.Sprint(i)] = v
		}
	}
	return f.Nodes()
}

func TestEveryNodeIsStampedAndNamedOnce(t *testing.T) {
	check := func(t *testing.T, builder string, given map[*core.Node]bool, out builders.Output) {
		names := map[string]bool{}
		for _, n := range reachable(out.Value, out.Min, out.Max) {
			if given[n] {
				continue
			}
			origin := n.Origin
			origin.Repairs = ""
			require.Equal(t, core.Origin{Node: "node1", Op: "Op1", Builder: builder}, origin, "%s (%s)", n.Name,
				n.OpName())
			require.False(t, names[n.Name], "name %q twice", n.Name)
			names[n.Name] = true
		}
		require.True(t, names["node1"])
	}
	scope := func(a builders.Arithmetic) builders.Scope {
		return builders.Scope{Arithmetic: a, Node: "node1", Op: "Op1"}
	}
	for _, a := range arithmetics {
		for name, build := range convolutionBuilders {
			for _, out := range []core.Type{core.I8, core.U8, core.I32} {
				c := conv(t)
				c.OutputType = out
				if out == core.I32 && a != builders.NGraph {
					c.Sum = parameter(t, "sum", core.F32, 1, 2, 2, 3)
				}
				t.Run(fmt.Sprintf("%s/%v/%v", name, a, out), func(t *testing.T) {
					given := map[*core.Node]bool{}
					for _, r := range []builders.Range{c.DataRange, c.FilterRange, c.SumRange, c.OutputRange} {
						given[r.Min.Node], given[r.Max.Node] = true, true
					}
					for _, v := range []core.Value{c.Data, c.Filters, c.Bias, c.Sum} {
						given[v.Node] = true
					}
					got, err := build(scope(a), c)
					require.NoError(t, err)
					check(t, name, given, got)
				})
			}
		}
		for _, out := range []core.Type{core.U8, core.I32, core.F32} {
			t.Run(fmt.Sprintf("ScaledQuantizedDotBias/%v/%v", a, out), func(t *testing.T) {
				d := matmul(t)
				d.OutputType = out
				if a == builders.NGraph {
					d.Input1 = parameter(t, "b", core.I8, 3, 5)
				}
				given := map[*core.Node]bool{d.Input0.Node: true, d.Input1.Node: true, d.Bias.Node: true}
				for _, r := range []builders.Range{d.Input0Range, d.Input1Range, d.OutputRange} {
					given[r.Min.Node], given[r.Max.Node] = true, true
				}
				got, err := builders.ScaledQuantizedDotBias(scope(a), d)
				require.NoError(t, err)
				check(t, "ScaledQuantizedDotBias", given, got)
			})
		}
	}
}

// random fills a tensor: bytes for 8-bit types, reals around 0.
func random(r *rand.Rand, v core.Value) *core.Tensor {
	x, err := core.NewTensor(v.Type(), v.Shape())
	if err != nil {
		panic(err)
	}
	for i := range x.Len() {
		if x.Type() == core.F32 {
			core.Data[float32](x)[i] = float32(r.NormFloat64())
		} else {
			x.Bytes()[i] = byte(r.Uint32())
		}
	}
	return x
}

// run evaluates a builder's output for random parameters.
func run(t *testing.T, seed uint64, out builders.Output, params ...core.Value) (*core.Tensor, []*core.Tensor) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	f := &core.Function{}
	feeds := map[string]*core.Tensor{}
	var in []*core.Tensor
	for _, p := range params {
		f.Parameters = append(f.Parameters, p.Node)
		in = append(in, random(r, p))
		feeds[p.Node.Name] = in[len(in)-1]
	}
	res, err := core.NewNamedNode("out", &core.Result{}, out.Value)
	require.NoError(t, err)
	f.Results = []*core.Node{res}
	got, err := f.Eval(feeds)
	require.NoError(t, err)
	return got["out"], in
}

// TestTensorFlowConvolutionWrittenOut compares with TensorFlow's formula in plain
// loops: filters quantized per channel, a float bias, an i8 summand, ReLU, u8 out.
func TestTensorFlowConvolutionWrittenOut(t *testing.T) {
	c := conv(t)
	c.Sum = parameter(t, "sum", core.I8, 1, 2, 2, 3)
	mins, maxs := []float32{-1, -0.3, 0}, []float32{0.7, 0.4, 0.2}
	c.FilterRange = builders.Range{Min: real32(t, mins...), Max: real32(t, maxs...)}
	c.DataRange, c.SumRange, c.OutputRange = between(-0.1, 3.3), between(-4, 3), between(-0.5, 5.7)
	out, err := builders.ScaledQuantizedConvolutionBiasSignedAdd(builders.Scope{
		Arithmetic: builders.TensorFlow2_21,
		Node:       "c",
	}, c)
	require.NoError(t, err)
	require.Equal(t, c.OutputRange, out.Range)
	got, in := run(t, 11, out, c.Data, c.Filters, c.Bias, c.Sum)
	data, filters := core.Data[uint8](in[0]), core.Data[int8](in[1])
	bias, sum := core.Data[float32](in[2]), core.Data[int8](in[3])
	saturated := 0
	for y := range 2 {
		for x := range 2 {
			for o := range 3 {
				acc := int32(0)
				for ky := range 3 {
					for kx := range 3 {
						for i := range 2 {
							acc += int32(data[((y+ky)*4+x+kx)*2+i]) * int32(filters[((ky*3+kx)*2+i)*3+o])
						}
					}
				}
				s := float32(3.3) / 255 * (max(-mins[o], maxs[o]) / 127)
				f := float32(acc) * s
				f += bias[o]
				at := (y*2+x)*3 + o
				f = numeric.FMA32(float32(sum[at]), float32(4)/127, f)
				q := math.RoundToEven(float64(max(f, 0) * (1 / (float32(5.7) / 255))))
				if q > 127 {
					saturated++
				}
				require.Equal(t, uint8(min(q, 127)), core.Data[uint8](got)[at], "y %d x %d o %d", y, x, o)
			}
		}
	}
	require.Positive(t, saturated)
}

func TestAutoFollows2_13PerChannelAnd2_21Otherwise(t *testing.T) {
	result := func(a builders.Arithmetic, filters builders.Range) *core.Tensor {
		c := conv(t)
		c.Sum, c.OutputType, c.FilterRange = core.Value{}, core.I32, filters
		out, err := builders.ScaledQuantizedConvolutionBias(builders.Scope{Arithmetic: a}, c)
		require.NoError(t, err)
		got, _ := run(t, 12, out, c.Data, c.Filters, c.Bias)
		return got
	}
	perChannel := builders.Range{Min: real32(t, -1, -0.3, -2), Max: real32(t, 1, 0.3, 2)}
	ngraphtest.Equal(t, result(builders.TensorFlow2_13, perChannel), result(builders.TensorFlowAuto, perChannel))
	require.NotEqual(t, result(builders.TensorFlow2_21, perChannel), result(builders.TensorFlowAuto, perChannel))
	scalar := between(-1, 1)
	ngraphtest.Equal(t, result(builders.TensorFlow2_21, scalar), result(builders.TensorFlowAuto, scalar))
}

// TestAutoCompensatesMinFirst compares with the product of the real matrices.
func TestAutoCompensatesMinFirst(t *testing.T) {
	worst := func(a builders.Arithmetic) float64 {
		d := matmul(t)
		d.OutputType = core.F32
		out, err := builders.ScaledQuantizedDotBias(builders.Scope{Arithmetic: a}, d)
		require.NoError(t, err)
		got, in := run(t, 13, out, d.Input0, d.Input1, d.Bias)
		worst := 0.0
		for i := range 2 {
			for j := range 3 {
				want := float64(core.Data[float32](in[2])[j])
				for k := range 5 {
					x := -1 + float64(core.Data[uint8](in[0])[i*5+k])*5/255
					want += x * float64(core.Data[int8](in[1])[k*3+j]) / 127
				}
				worst = max(worst, math.Abs(want-float64(core.Data[float32](got)[i*3+j])))
			}
		}
		return worst
	}
	require.Less(t, worst(builders.TensorFlowAuto), 1e-5)
	require.Less(t, worst(builders.TensorFlow2_13), 1e-5)
	require.Greater(t, worst(builders.TensorFlow2_21), 1.0, "TensorFlow 2.21 does not scale the compensation")
}

func TestErrors(t *testing.T) {
	tf := builders.Scope{Arithmetic: builders.TensorFlowAuto, Node: "conv1", Op: "QuantizedConv2DWithBias"}
	nan := float32(math.NaN())
	bias := func(s builders.Scope, change func(c *builders.Convolution)) func(*testing.T) (builders.Output, error) {
		return func(t *testing.T) (builders.Output, error) {
			c := conv(t)
			c.Sum = core.Value{}
			change(&c)
			return builders.ScaledQuantizedConvolutionBias(s, c)
		}
	}
	dot := func(s builders.Scope, change func(d *builders.Dot)) func(*testing.T) (builders.Output, error) {
		return func(t *testing.T) (builders.Output, error) {
			d := matmul(t)
			change(&d)
			return builders.ScaledQuantizedDotBias(s, d)
		}
	}
	concat := func(change func(c *builders.Concatenation)) func(*testing.T) (builders.Output, error) {
		return func(t *testing.T) (builders.Output, error) {
			r := builders.Range{Min: real32(t, 0), Max: real32(t, 1)}
			c := builders.Concatenation{
				Args:   []core.Value{parameter(t, "a", core.U8, 2), parameter(t, "b", core.U8, 2)},
				Ranges: []builders.Range{r, r},
			}
			change(&c)
			return builders.ScaledQuantizedConcat(builders.Scope{}, c)
		}
	}
	for _, tt := range []struct {
		want  string
		build func(*testing.T) (builders.Output, error)
	}{
		{
			`node "conv1#input_scale" (RangeToScale): got min 2 > max 1, want min <= max (RangeToScale-C4)`,
			bias(tf, func(c *builders.Convolution) { c.DataRange = between(2, 1) }),
		},
		{
			`node "conv1#filter_scale" (RangeToScale): input 0 (min): got NaN, want a finite number (RangeToScale-C4)`,
			bias(tf, func(c *builders.Convolution) { c.FilterRange = between(nan, 1) }),
		},
		{
			`node "conv1#output_scale" (RangeToScale): got the range [0, 0], whose scale 0 cannot divide; want a ` +
				`wider one (RangeToScale-C5)`,
			bias(tf, func(c *builders.Convolution) { c.OutputRange = between(0, 0) }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): min_filter: got shape [2], want [], [1] or [3] (one ` +
				`element per output channel)`,
			bias(tf, func(c *builders.Convolution) {
				c.FilterRange = builders.Range{Min: real32(t, 0, 0), Max: real32(t, 1, 1)}
			}),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): min_input: got shape [3], want [] or [1]`,
			bias(tf, func(c *builders.Convolution) {
				c.DataRange = builders.Range{Min: real32(t, 0, 0, 0), Max: real32(t, 1, 1, 1)}
			}),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): max_output: is not connected`,
			bias(tf, func(c *builders.Convolution) { c.OutputRange.Max = core.Value{} }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): bias: is not connected`,
			bias(tf, func(c *builders.Convolution) { c.Bias = core.Value{} }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): sum: is given, but this builder takes none`,
			bias(tf, func(c *builders.Convolution) { c.Sum = c.Data }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): bias: got type u8, want one of [f32 i32]`,
			bias(tf, func(c *builders.Convolution) { c.Bias = parameter(t, "bias", core.U8, 3) }),
		},
		{
			`node "conv1" (IntegerConvolution): input 5: got post-op operand f32[2], want shape [], [3] or ` +
				`[1,2,2,3] (IntegerConvolution-C12)`,
			bias(tf, func(c *builders.Convolution) { c.Bias = parameter(t, "bias", core.F32, 2) }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): data: got type f32, want one of [i8 u8]`,
			bias(tf, func(c *builders.Convolution) { c.Data = parameter(t, "data", core.F32, 1, 4, 4, 2) }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): got output type f32, want i8, u8 or i32: TensorFlow's ` +
				`arithmetic has no such kernel`,
			bias(tf, func(c *builders.Convolution) { c.OutputType = core.F32 }),
		},
		{
			`node "conv1" (ScaledQuantizedConvolutionBias): got u8 filters, want them with i32 output and nothing ` +
				`fused: TensorFlow's arithmetic has no such kernel`,
			bias(tf, func(c *builders.Convolution) { c.Filters = parameter(t, "filters", core.U8, 3, 3, 2, 3) }),
		},
		{
			`QuantizedConvolutionBias: input 2 (bias): got i32[2], want i32[3] (QuantizedConvolutionBias-C2)`,
			bias(builders.Scope{}, func(c *builders.Convolution) { c.Bias = parameter(t, "bias", core.I32, 2) }),
		},
		{
			`ScaledQuantizedConvolutionBias: max_input: got shape [1], want min's []`,
			bias(builders.Scope{}, func(c *builders.Convolution) { c.DataRange.Max = real32(t, 1) }),
		},
		{
			`node "conv1#input_width" (RangeToScale): got the range [1, 1], whose scale 0 cannot divide; want a ` +
				`wider one (RangeToScale-C5)`,
			dot(tf, func(d *builders.Dot) { d.Input0Range = between(1, 1) }),
		},
		{
			`node "conv1" (ScaledQuantizedDotBias): got input0 of i8, want u8, a bias and no summand: TensorFlow's ` +
				`arithmetic has no such kernel`,
			dot(tf, func(d *builders.Dot) { d.Input0 = parameter(t, "a", core.I8, 2, 5) }),
		},
		{
			`node "conv1" (ScaledQuantizedDotBias): got output type f64, want i8, u8, i32, f32 or bf16: ` +
				`TensorFlow's arithmetic has no such kernel`,
			dot(tf, func(d *builders.Dot) { d.OutputType = core.F64 }),
		},
		{
			`node "conv1" (ScaledQuantizedDotBias): got output type f64, want i8, u8, i32, f32 or bf16: ` +
				`TensorFlow's arithmetic has no such kernel`,
			dot(tf, func(d *builders.Dot) { d.Fused, d.InputMode, d.OutputType = true, builders.Scaled, core.F64 }),
		},
		{
			`node "conv1" (ScaledQuantizedDotBias): ones: got shape [1099511627776], want a known one of at most ` +
				`16777216 elements`,
			dot(tf, func(d *builders.Dot) {
				d.Input0, d.Input1 = parameter(t, "a", core.U8, 2, 1<<40), parameter(t, "b", core.I8, 1<<40, 3)
			}),
		},
		{
			`node "conv1" (ScaledQuantizedDotBias): input1: got shape [?,3], want a matrix with a known number of rows`,
			dot(tf, func(d *builders.Dot) { d.Input1 = parameter(t, "b", core.I8, -1, 3) }),
		},
		{
			`ScaledQuantizedDotBias: got attributes of TensorFlow's matrix products, want none of them in nGraph's ` +
				`arithmetic`,
			dot(builders.Scope{}, func(d *builders.Dot) { d.TransposeB = true }),
		},
		{
			`ScaledQuantizedConvolutionBiasSignedAdd: got no ReLU, want WithRelu: the signed sum gives unsigned values`,
			func(t *testing.T) (builders.Output, error) {
				c := conv(t)
				c.Sum, c.WithRelu = parameter(t, "sum", core.I8, 1, 2, 2, 3), false
				return builders.ScaledQuantizedConvolutionBiasSignedAdd(builders.Scope{}, c)
			},
		},
		{
			`ScaledQuantizedConcat: args: got 0 with 2 ranges, want at least one and as many ranges`,
			concat(func(c *builders.Concatenation) { c.Args = nil }),
		},
		{
			`ScaledQuantizedConcat: min1: got shape [], want [1]`,
			concat(func(c *builders.Concatenation) { c.Ranges[1] = between(0, 1) }),
		},
		{
			`node "q" (ScaledQuantize): got no op, want TensorFlow's QuantizeV2`,
			func(t *testing.T) (builders.Output, error) {
				return builders.ScaledQuantize(builders.Scope{Arithmetic: builders.TensorFlowAuto, Node: "q"},
					builders.Quantization{
						Data:  parameter(t, "x", core.F32),
						Range: between(0, 1),
					})
			},
		},
		{
			`ScaledQuantize: min: got type f32, want the data's f64`,
			func(t *testing.T) (builders.Output, error) {
				return builders.ScaledQuantize(builders.Scope{}, builders.Quantization{
					Data:  parameter(t, "x", core.F64),
					Range: between(0, 1),
					Type:  core.I8,
				})
			},
		},
	} {
		t.Run(tt.want, func(t *testing.T) {
			out, err := tt.build(t)
			require.EqualError(t, err, tt.want)
			require.ErrorAs(t, err, new(*core.OpError))
			require.Nil(t, out.Node)
		})
	}
}

func TestQuantizeAndDequantizeTakeTensorFlowsOps(t *testing.T) {
	s := builders.Scope{Arithmetic: builders.TensorFlowAuto, Node: "q", Op: "QuantizeV2"}
	q, err := builders.ScaledQuantize(s, builders.Quantization{
		Data: parameter(t, "x", core.F32, 4), Range: between(0, 1),
		TensorFlow: &tensorflow.QuantizeV2{Type: core.U8, Axis: -1, EnsureMinimumRange: 0.01},
	})
	require.NoError(t, err)
	require.Equal(t, "TFQuantizeV2", q.Node.OpName())
	require.Equal(t, core.Origin{Node: "q", Op: "QuantizeV2", Builder: "ScaledQuantize"}, q.Node.Origin)
	require.Equal(t, builders.Range{Min: q.Node.Out(1), Max: q.Node.Out(2)}, q.Range)
	d, err := builders.ScaledDequantize(s, builders.Dequantization{
		Data:       q.Value,
		Range:      q.Range,
		TensorFlow: &tensorflow.Dequantize{Axis: -1, OutType: core.F32},
	})
	require.NoError(t, err)
	require.Equal(t, core.Fact{Type: core.F32, Shape: core.Shape{4}}, d.Fact())
	require.Equal(t, "ScaledDequantize", d.Node.Origin.Builder)
}

func TestDepthwiseFilters(t *testing.T) {
	constant := core.NewConstant(random(rand.New(rand.NewPCG(1, 1)), parameter(t, "f", core.I8, 3, 3, 4, 2)))
	for _, filters := range []core.Value{constant, parameter(t, "f", core.I8, 3, 3, 4, 2)} {
		v, groups, err := builders.DepthwiseFilters(builders.Scope{}, filters)
		require.NoError(t, err)
		require.Equal(t, 4, groups)
		require.Equal(t, core.Shape{3, 3, 1, 8}, v.Shape())
	}
	_, _, err := builders.DepthwiseFilters(builders.Scope{Node: "d"}, parameter(t, "f", core.I8, 3, 3, -1, 2))
	require.EqualError(t, err,
		`node "d" (DepthwiseFilters): filters: got shape [3,3,?,2], want known [spatial..., C, M]`)
}

func TestArithmeticText(t *testing.T) {
	for _, a := range arithmetics {
		text, err := a.MarshalText()
		require.NoError(t, err)
		var b builders.Arithmetic
		require.NoError(t, b.UnmarshalText(text))
		require.Equal(t, a, b)
	}
	require.EqualError(t, new(builders.Arithmetic).UnmarshalText([]byte("3.0")),
		`unknown arithmetic "3.0", want one of ["nGraph" "auto" "2.8" "2.13" "2.21"]`)
}
