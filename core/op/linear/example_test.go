package linear_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

// Multiply a matrix by a vector.
func Example() {
	x, err := core.TensorOf(core.Shape{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	if err != nil {
		log.Fatal(err)
	}
	v, err := core.TensorOf(core.Shape{3}, []float32{1, 0, -1})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&linear.Dot{ReductionAxes: 1}, []*core.Tensor{x, v})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[2] [-2 -2]
}
