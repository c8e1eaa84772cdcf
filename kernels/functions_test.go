package kernels_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/internal/enginetest"
	"github.com/tf2ng/tf2ng/kernels"
)

// numbers are normal ones and some of the special ones.
func numbers(t *testing.T, r *rand.Rand, shape ...int) *core.Tensor {
	x, err := core.NewTensor(core.F32, shape)
	require.NoError(t, err)
	special := []float32{0, float32(math.Copysign(0, -1)), 88.7, -103.5, float32(math.Inf(-1)), 1e-41}
	for i := range core.Data[float32](x) {
		if core.Data[float32](x)[i] = float32(r.NormFloat64() * 5); r.IntN(9) == 0 {
			core.Data[float32](x)[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

// requireKernel compares a function of x on every engine with its references, and looks
// for the kernel that must compute it.
func requireKernel(t *testing.T, kernel string, x *core.Tensor, build func(x core.Value) (core.Value, error)) {
	t.Helper()
	require.Contains(t, stepsOf(t, x, build), kernel)
}

// stepsOf checks that all engines compute what build makes of x, and returns the kernels of the portable one.
func stepsOf(t *testing.T, x *core.Tensor, build func(x core.Value) (core.Value, error)) (steps []string) {
	t.Helper()
	p, err := core.NewNamedNode("x", &core.Parameter{Type: x.Type(), Shape: x.Shape()})
	require.NoError(t, err)
	y, err := build(p.Out(0))
	require.NoError(t, err)
	out, err := core.NewNamedNode("y", &core.Result{}, y)
	require.NoError(t, err)
	f := &core.Function{Parameters: []*core.Node{p}, Results: []*core.Node{out}}
	inputs := map[string]*core.Tensor{"x": x}
	want, err := f.Eval(inputs)
	require.NoError(t, err)
	require.NoError(t, enginetest.Check(f, inputs, want))
	program, err := kernels.Compile(f, nil, kernels.Options{Engine: kernels.Portable})
	require.NoError(t, err)
	for _, s := range program.Steps() {
		steps = append(steps, s.Kernel)
	}
	return steps
}

func TestSoftmaxRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, n := range []int{1, 2, 4, 8, 15, 16, 17, 31, 32, 33, 65, 127, 128, 1000, 1025, 4099} {
		for _, op := range []core.Op{&normalize.Softmax{Axis: -1}, &normalize.Softmax{Axis: 1}, &normalize.LogSoftmax{}} {
			t.Run(fmt.Sprintf("%s,n=%d", core.OpName(op), n), func(t *testing.T) {
				x := numbers(t, r, 7+60%(n+1), n) // short rows in larger numbers
				rows := core.Data[float32](x)
				rows[r.IntN(n)], rows[n+r.IntN(n)] = nan, inf
				for i := range n {
					rows[2*n+i] = -inf
				}
				requireKernel(t, "softmax_portable", x, func(x core.Value) (core.Value, error) { return core.Apply(op, x) })
			})
		}
	}
}

func TestFunctionsInChains(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		op     core.Op
		kernel string
	}{
		{&pointwise.Activate{Activation: numeric.Sigmoid}, "sigmoid"},
		{&pointwise.Activate{Activation: numeric.Tanh}, "tanh"},
		{&pointwise.Activate{Activation: numeric.Elu}, "elu"},
		{&pointwise.Activate{Activation: numeric.LeakyRelu, Alpha: 0.2}, "leakyrelu"},
		{&pointwise.Activate{Activation: numeric.LeakyRelu, Alpha: -3}, "leakyrelu"},
		{&pointwise.Activate{Activation: numeric.GeluExact}, "gelu"},
		{&pointwise.Activate{Activation: numeric.GeluApproximate}, "geluapproximate"},
		{&pointwise.Activate{Activation: numeric.FusedElu}, "fusedelu"},
		{&pointwise.Unary{Function: pointwise.Mish}, "mish"},
		{&pointwise.FlushSubnormals{}, "flushed"},
		{&pointwise.Activate{Activation: numeric.FusedTanh}, "fusedtanh"},
		{&pointwise.Activate{Activation: numeric.FusedSigmoid}, "fusedsigmoid"},
		{&pointwise.Unary{Function: pointwise.Exp}, "exp"},
		{&pointwise.Unary{Function: pointwise.Erf}, "erf"},
		{&pointwise.Unary{Function: pointwise.Softplus}, "softplus"},
		{&pointwise.Unary{Function: pointwise.Swish}, "swish"},
		{&pointwise.Unary{Function: pointwise.Square}, "square"},
		{&pointwise.Unary{Function: pointwise.Sqrt}, "sqrt"},
		{&pointwise.Unary{Function: pointwise.Rsqrt}, "rsqrt"},
		{&pointwise.Unary{Function: pointwise.Negative}, "multiply"},
		{&pointwise.Unary{Function: pointwise.Reciprocal}, "divide"},
	} {
		x := numbers(t, r, 5, 1111)
		requireKernel(t, "elementwise_"+c.kernel+"+multiply_portable", x, func(x core.Value) (core.Value, error) {
			y, err := core.Apply(c.op, x)
			if err != nil {
				return y, err
			}
			return core.Apply(&pointwise.Multiply{}, x, y)
		})
	}
}

func TestLookups(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, typ := range []core.Type{core.U8, core.I8, core.Bool, core.F16, core.F32, core.I64} {
		for _, n := range []int{0, 1, 31, 32, 33, 1000, 10000} {
			t.Run(fmt.Sprintf("%v,n=%d", typ, n), func(t *testing.T) {
				x, err := core.NewTensor([]core.Type{core.U8, core.I8}[n%2], core.Shape{n})
				require.NoError(t, err)
				table, err := core.NewTensor(typ, core.Shape{256})
				require.NoError(t, err)
				for _, b := range [][]byte{x.Bytes(), table.Bytes()} {
					for i := range b {
						if b[i] = byte(r.IntN(256)); typ == core.Bool {
							b[i] &= 1
						}
					}
				}
				kernel := fmt.Sprintf("table_b8_%v", typ)
				if typ.Size() == 1 {
					kernel = "elementwise_b8_lookup_8_portable"
				}
				requireKernel(t, kernel, x, func(x core.Value) (core.Value, error) {
					return core.Apply(&pointwise.Lookup{}, x, core.NewConstant(table))
				})
			})
		}
	}
}

func TestDepthwiseFloats(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, channels := range []int{2, 3, 8, 12, 40, 71} {
		for _, multiplier := range []int{1, 3} {
			for _, stride := range []int{1, 2} {
				t.Run(fmt.Sprintf("channels=%d,multiplier=%d,stride=%d", channels, multiplier, stride), func(t *testing.T) {
					filters := core.NewConstant(numbers(t, rand.New(rand.NewPCG(9, 9)), 3, 2, 1, channels*multiplier))
					for i, v := range core.Data[float32](filters.Constant()) {
						if v-v != 0 {
							core.Data[float32](filters.Constant())[i] = 1
						}
					}
					op := &linear.Convolution{Groups: channels, Spatial: geometry.Spatial{
						Layout: geometry.NHWC, Strides: []int{stride, stride}, PadType: geometry.PadSameUpper,
					}}
					name := "depthwise_f32f32_f32_1x1_portable"
					x := numbers(t, r, 2, 7, 9, channels)
					requireKernel(t, name, x, func(x core.Value) (core.Value, error) { return core.Apply(op, x, filters) })
				})
			}
		}
	}
}

func TestFoldsOfRows(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, n := range []int{2, 15, 16, 17, 33, 1000} {
		for _, axes := range [][]int{{2}, {-1, 1}, {0, 1, 2}, {1, 2, 3}} {
			for _, keep := range []bool{false, true} {
				rows := reduce.Reduction{Axes: axes, KeepDims: keep}
				for op, kernel := range map[core.Op]string{
					&reduce.Sum{Reduction: rows}:  "elementwise_f32_foldadd_1_portable",
					&reduce.Mean{Reduction: rows}: "elementwise_f32_foldadd_1_portable",
					&reduce.Prod{Reduction: rows}: "elementwise_f32_foldmultiply_1_portable",
				} {
					t.Run(fmt.Sprintf("%s,n=%d,axes=%v,%t", core.OpName(op), n, axes, keep), func(t *testing.T) {
						x := numbers(t, r, 3, 5, n)
						if len(axes) == 3 && axes[2] == 3 || len(axes) == 1 {
							x = numbers(t, r, 3, 5, n, 1)
						}
						requireKernel(t, kernel, x, func(x core.Value) (core.Value, error) { return core.Apply(op, x) })
					})
				}
			}
		}
	}
}

// TestFoldsOfColumns: sums, products and extremes of columns, with zeros of both signs and NaN.
func TestFoldsOfColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, shape := range []core.Shape{{2, 3, 5}, {3, 40, 16}, {2, 9, 300}, {2, 3, 1000}, {1, 33, 33}, {2, 100, 64}} {
		along := reduce.Reduction{Axes: []int{1}}
		for op, kernel := range map[core.Op]string{
			&reduce.Prod{Reduction: along}: "pool_f32_mean_lanes_portable",
			&reduce.Max{Reduction: along}:  "extremes_f32_portable",
			&reduce.Min{Reduction: along}:  "extremes_f32_portable",
		} {
			if kernel == "extremes_f32_portable" && shape[2] < 16 {
				continue
			}
			t.Run(fmt.Sprintf("%s,%v", core.OpName(op), shape), func(t *testing.T) {
				x := numbers(t, r, shape...)
				for i := range core.Data[float32](x) {
					switch r.IntN(60) {
					case 0:
						core.Data[float32](x)[i] = float32(math.NaN())
					case 1, 2, 3: // so that zeros are extremes
						for k := i % shape[2]; k < shape[1]*shape[2]; k += shape[2] {
							core.Data[float32](x)[k] = float32(math.Copysign(0, float64(r.IntN(2))-0.5))
						}
					}
				}
				requireKernel(t, kernel, x, func(x core.Value) (core.Value, error) { return core.Apply(op, x) })
			})
		}
	}
}

// TestLayerNormalization has statistics of rows that broadcast along an inner axis.
func TestLayerNormalization(t *testing.T) {
	x := numbers(t, rand.New(rand.NewPCG(13, 14)), 1, 7, 64, 1)
	scale := core.NewConstant(numbers(t, rand.New(rand.NewPCG(15, 16)), 64, 1))
	for _, kernel := range []string{
		"elementwise_f32_foldadd_1_portable", "elementwise_f32_subtract_1_portable", "elementwise_f32_multiply_1_portable",
	} {
		requireKernel(t, kernel, x, func(x core.Value) (core.Value, error) {
			mean, err := core.Apply(&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{2}, KeepDims: true}}, x)
			if err != nil {
				return mean, err
			}
			centred, err := core.Apply(&pointwise.Subtract{}, x, mean)
			if err != nil {
				return mean, err
			}
			return core.Apply(&pointwise.Multiply{}, scale, centred)
		})
	}
}

func TestResize(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for _, op := range []*vision.Resize{
		{},
		{AlignCorners: true},
		{HalfPixelCenters: true},
		{Mode: vision.ResizeBicubic},
		{Mode: vision.ResizeBicubic, AlignCorners: true},
		{Mode: vision.ResizeBicubic, HalfPixelCenters: true},
	} {
		for _, size := range [][]int32{{1, 1}, {14, 10}, {7, 5}, {3, 20}, {9, 2}} {
			for _, channels := range []int{1, 3, 40} {
				t.Run(fmt.Sprintf("%+v,size=%v,channels=%d", *op, size, channels), func(t *testing.T) {
					to, err := core.TensorOf(core.Shape{2}, size)
					require.NoError(t, err)
					x := numbers(t, r, 2, 7, 5, channels)
					kernel := map[vision.ResizeMode]string{
						vision.ResizeBilinear: "resize_f32_bilinear_portable", vision.ResizeBicubic: "resize_f32_bicubic_portable",
					}[op.Mode]
					requireKernel(t, kernel, x, func(x core.Value) (core.Value, error) {
						return core.Apply(op, x, core.NewConstant(to))
					})
				})
			}
		}
	}
}

func TestCropAndResize(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	boxes, err := core.TensorOf(core.Shape{5, 4}, []float32{
		0, 0, 1, 1, 0.2, 0.9, 0.7, 0.1, -0.3, 0.1, 0.6, 1.4, 2, 2, 3, 3, 0.5, 0.5, 0.5, 0.5,
	})
	require.NoError(t, err)
	images, err := core.TensorOf(core.Shape{5}, []int32{1, 0, 1, 0, 0})
	require.NoError(t, err)
	for _, op := range []*vision.CropAndResize{{}, {Extrapolation: -7}, {Nearest: true, Extrapolation: 2}} {
		for _, size := range [][]int32{{1, 1}, {14, 10}, {3, 4}} {
			for _, channels := range []int{1, 3, 40} {
				t.Run(fmt.Sprintf("%+v,size=%v,channels=%d", *op, size, channels), func(t *testing.T) {
					to, err := core.TensorOf(core.Shape{2}, size)
					require.NoError(t, err)
					x := numbers(t, r, 2, 7, 5, channels)
					requireKernel(t, "resize_f32_bilinear_portable", x, func(x core.Value) (core.Value, error) {
						return core.Apply(op, x, core.NewConstant(boxes), core.NewConstant(images), core.NewConstant(to))
					})
				})
			}
		}
	}
}

func TestTopK(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	nan := float32(math.NaN())
	for _, n := range []int{1, 5, 100, 1000} {
		for _, k := range []int{1, 4, 90, 1000} {
			for _, out := range []int{0, 1} {
				if k > n {
					continue
				}
				t.Run(fmt.Sprintf("n=%d,k=%d,output=%d", n, k, out), func(t *testing.T) {
					x := numbers(t, r, 7, n)
					v := core.Data[float32](x)
					for i := range v[:2*n] { // many that are equal, and NaNs
						if v[i] = float32(r.IntN(9) - 4); v[i] == 4 {
							v[i] = nan
						}
					}
					requireKernel(t, "top_f32_portable", x, func(x core.Value) (core.Value, error) {
						op := &indexing.TopK{Type: []core.Type{core.I32, core.I64}[out]}
						y, err := core.NewNode(op, x, core.NewConstant(core.Scalar(int32(k))))
						if err != nil {
							return core.Value{}, err
						}
						return y.Out(out), nil
					})
				})
			}
		}
	}
}
