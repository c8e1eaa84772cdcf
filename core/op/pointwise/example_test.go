package pointwise_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// Add a bias to each row: shapes are broadcast as NumPy does.
func Example() {
	x, err := core.TensorOf(core.Shape{2, 3}, []float32{1, 2, 3, 4, 5, 6})
	if err != nil {
		log.Fatal(err)
	}
	bias, err := core.TensorOf(core.Shape{3}, []float32{10, 20, 30})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&pointwise.Add{}, []*core.Tensor{x, bias})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[2,3] [11 22 33 14 25 36]
}
