package control_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
)

// Set the second row of a list of three, which is a tensor of three rows.
func Example() {
	list, err := core.TensorOf(core.Shape{3, 2}, []float32{0, 0, 0, 0, 0, 0})
	if err != nil {
		log.Fatal(err)
	}
	row, err := core.TensorOf(core.Shape{2}, []float32{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&control.SetRow{}, []*core.Tensor{list, core.Scalar[int32](1), row})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[3,2] [0 0 1 2 0 0]
}
