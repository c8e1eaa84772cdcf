package fusedops_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/fusedops"
)

// A fused op is evaluated as it is, or taken apart into ops of package core.
func Example() {
	data, err := core.TensorOf(core.Shape{1, 3}, []uint8{1, 2, 3})
	if err != nil {
		log.Fatal(err)
	}
	filters, err := core.TensorOf(core.Shape{2, 3}, []int8{1, 0, -1, 4, 5, 6})
	if err != nil {
		log.Fatal(err)
	}
	bias, err := core.TensorOf(core.Shape{2}, []int32{0, 10})
	if err != nil {
		log.Fatal(err)
	}
	scale := core.Scalar[float32](0.5)
	op := &fusedops.QuantizedDotBias{WithRelu: true, Requantize: true}
	out, err := core.EvalOp(op, []*core.Tensor{data, filters, bias, scale})
	if err != nil {
		log.Fatal(err)
	}
	bytes, err := core.DataOf[uint8](out[0])
	fmt.Println(out[0], bytes, err)

	simpler, err := op.Decompose([]core.Value{
		core.NewConstant(data),
		core.NewConstant(filters),
		core.NewConstant(bias),
		core.NewConstant(scale),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(simpler[0].Node.OpName())
	// Output:
	// u8[1,2] [0 21] <nil>
	// IntegerDot
}
