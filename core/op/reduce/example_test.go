package reduce_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

// Add up each row of a matrix.
func Example() {
	x, err := core.TensorOf(core.Shape{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&reduce.Sum{Reduction: reduce.Reduction{Axes: []int{1}}}, []*core.Tensor{x})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[2] [6 15]
}
