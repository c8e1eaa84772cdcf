package vision_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/vision"
)

// Double the width of an image of one row and two pixels.
func Example() {
	x, err := core.TensorOf(core.Shape{1, 1, 2, 1}, []float32{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	size, err := core.TensorOf(core.Shape{2}, []int32{1, 4})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&vision.Resize{Mode: vision.ResizeNearest}, []*core.Tensor{x, size})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[float32](out[0]))
	// Output:
	// f32[1,1,4,1] [1 1 2 2]
}
