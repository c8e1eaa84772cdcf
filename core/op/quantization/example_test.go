package quantization_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/quantization"
)

// Quantize reals with a scale of 0.5 and the zero point 128: what is out of range saturates.
func Example() {
	x, err := core.TensorOf(core.Shape{4}, []float32{-100, -0.5, 0.75, 1})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(
		&quantization.Quantize{Type: core.U8, RoundMode: numeric.RoundNearestTowardEven},
		[]*core.Tensor{x, core.Scalar[float32](0.5), core.Scalar[uint8](128)},
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[uint8](out[0]))
	// Output:
	// u8[4] [0 127 130 130]
}
