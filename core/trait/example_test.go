package trait_test

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// A pass asks an op how it behaves, and never which op it is.
func Example() {
	for _, op := range []core.Op{&pointwise.Add{}, &array.Reverse{Axes: []int{0}}} {
		taking, takes := op.(trait.Taking)
		fmt.Println("elementwise:", trait.ElementsOf(op) == trait.AllElements, "takes elements:", takes)
		if takes {
			places, _ := taking.Places(core.Shape{3}, core.Shape{3})
			fmt.Println("  each from", places.At[0])
		}
	}
	// Output:
	// elementwise: true takes elements: false
	// elementwise: false takes elements: true
	//   each from [2 1 0]
}
