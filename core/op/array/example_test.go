package array_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
)

// Exchange the rows and the columns of a matrix, as the reference does.
func Example() {
	x, err := core.TensorOf(core.Shape{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&array.Transpose{Order: []int{1, 0}}, []*core.Tensor{x})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[3,2] [1 4 2 5 3 6]
}
