package indexing_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
)

// Take the third and the first column of a matrix.
func Example() {
	x, err := core.TensorOf(core.Shape{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	if err != nil {
		log.Fatal(err)
	}
	columns, err := core.TensorOf(core.Shape{2}, []int32{2, 0})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&indexing.Gather{Axis: 1}, []*core.Tensor{x, columns})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[2,2] [3 1 6 4]
}
