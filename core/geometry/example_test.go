package geometry_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
)

// The shape that a 3x3 window with stride 2 makes of an image with TensorFlow's padding SAME, before
// and after the batch is known.
func Example() {
	s := geometry.Spatial{Layout: geometry.NHWC, Strides: []int{2, 2}, PadType: geometry.PadSameUpper}
	out, err := s.OutShape(core.Shape{core.Unknown, 224, 224, 3}, []int{3, 3}, 64)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out)
	// Output:
	// [?,112,112,64]
}
