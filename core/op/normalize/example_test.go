package normalize_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
)

// Turn scores into probabilities.
func Example() {
	x, err := core.TensorOf(core.Shape{2, 2}, []float32{1, 1, 7, 7})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&normalize.Softmax{Axis: -1}, []*core.Tensor{x})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[2,2] [0.5 0.5 0.5 0.5]
}
