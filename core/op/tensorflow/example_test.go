package tensorflow_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// Quantize reals from a range as TensorFlow does.
func Example() {
	x, err := core.TensorOf(core.Shape{3}, []float32{-1, 0.5, 2})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&tensorflow.QuantizeV2{
		Type: core.I8, Mode: tensorflow.Scaled, RoundMode: numeric.RoundNearestTowardEven, Axis: -1,
	}, []*core.Tensor{x, core.Scalar[float32](-1), core.Scalar[float32](1)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[int8](out[0]))
	// Output:
	// i8[3] [-128 64 127]
}
