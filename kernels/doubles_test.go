package kernels_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// doubles are numbers of float64: normal ones and some of the special ones.
func doubles(t *testing.T, r *rand.Rand, shape ...int) *core.Tensor {
	x, err := core.NewTensor(core.F64, shape)
	require.NoError(t, err)
	special := []float64{0, math.Copysign(0, -1), 709.7, -744.5, math.Inf(1), math.Inf(-1), 1e-310, math.NaN(), 1, -1}
	for i := range core.Data[float64](x) {
		if core.Data[float64](x)[i] = r.NormFloat64() * 5; r.IntN(9) == 0 {
			core.Data[float64](x)[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

func TestFunctionsOfDoubles(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for kernel, op := range map[string]core.Op{
		"exp": &pointwise.Unary{Function: pointwise.Exp}, "expm1": &pointwise.Unary{Function: pointwise.Expm1},
		"log": &pointwise.Unary{Function: pointwise.Log}, "log1p": &pointwise.Unary{Function: pointwise.Log1p},
		"erf": &pointwise.Unary{Function: pointwise.Erf}, "erfc": &pointwise.Unary{Function: pointwise.Erfc},
		"swish": &pointwise.Unary{Function: pointwise.Swish}, "selu": &pointwise.Unary{Function: pointwise.Selu},
		"softplus": &pointwise.Unary{Function: pointwise.Softplus},
		"softsign": &pointwise.Unary{Function: pointwise.Softsign},
		"rsqrt":    &pointwise.Unary{Function: pointwise.Rsqrt}, "sinh": &pointwise.Unary{Function: pointwise.Sinh},
		"asinh": &pointwise.Unary{Function: pointwise.Asinh}, "acosh": &pointwise.Unary{Function: pointwise.Acosh},
		"cosh": &pointwise.Unary{Function: pointwise.Cosh}, "sin": &pointwise.Unary{Function: pointwise.Sin},
		"cos": &pointwise.Unary{Function: pointwise.Cos}, "tan": &pointwise.Unary{Function: pointwise.Tan},
		"atan": &pointwise.Unary{Function: pointwise.Atan}, "asin": &pointwise.Unary{Function: pointwise.Asin},
		"acos": &pointwise.Unary{Function: pointwise.Acos}, "atanh": &pointwise.Unary{Function: pointwise.Atanh},
		"tanh": &pointwise.Activate{Activation: numeric.Tanh}, "sigmoid": &pointwise.Activate{Activation: numeric.Sigmoid},
		"elu":       &pointwise.Activate{Activation: numeric.Elu},
		"leakyrelu": &pointwise.Activate{Activation: numeric.LeakyRelu, Alpha: 0.3},
	} {
		requireKernel(t, "elementwise_f64_"+kernel+"_1_portable", doubles(t, r, 5, 1111),
			func(x core.Value) (core.Value, error) { return core.Apply(op, x) })
	}
}

func TestFunctionsOfTwoDoubles(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for kernel, function := range map[string]pointwise.BinaryFunction{
		"atan2": pointwise.Atan2, "xlogy": pointwise.Xlogy, "xlog1py": pointwise.Xlog1py,
	} {
		row := core.NewConstant(doubles(t, r, 1111))
		requireKernel(t, "elementwise_f64_"+kernel+"_1_portable", doubles(t, r, 5, 1111),
			func(x core.Value) (core.Value, error) {
				return core.Apply(&pointwise.Binary{Function: function}, x, row)
			})
	}
}

func TestSoftmaxOfDoubles(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for _, n := range []int{1, 2, 15, 16, 17, 33, 128, 1000, 4099} {
		for _, op := range []core.Op{&normalize.Softmax{Axis: -1}, &normalize.LogSoftmax{}} {
			t.Run(fmt.Sprintf("%s,n=%d", core.OpName(op), n), func(t *testing.T) {
				x := doubles(t, r, 7+60%(n+1), n)
				for i := range n { // a row without infinities, and one of lowest numbers
					core.Data[float64](x)[i] = r.NormFloat64() * 300
					core.Data[float64](x)[2*n+i] = math.Inf(-1)
				}
				requireKernel(t, "softmax_f64_portable", x, func(x core.Value) (core.Value, error) { return core.Apply(op, x) })
			})
		}
	}
}
