package pooling_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/pooling"
)

// Take the largest element of each window of one row and two columns; the channels are the last axis.
func Example() {
	x, err := core.TensorOf(core.Shape{1, 1, 4, 1}, []uint8{3, 1, 4, 5})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&pooling.MaxPool{
		Spatial: geometry.Spatial{Layout: geometry.NHWC, Strides: []int{1, 2}},
		Window:  []int{1, 2},
	}, []*core.Tensor{x})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0], core.Data[uint8](out[0]))
	// Output:
	// u8[1,1,2,1] [3 5]
}
