package matrix_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/matrix"
)

// Invert a matrix.
func Example() {
	a, err := core.TensorOf(core.Shape{2, 2}, []float32{2, 0, 1, 4})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&matrix.Inverse{}, []*core.Tensor{a})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[2,2] [0.5 0 -0.125 0.25]
}
