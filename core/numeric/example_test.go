package numeric_test

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core/numeric"
)

// Halves are where round modes differ; what is out of range saturates.
func Example() {
	for _, x := range []float64{2.5, 3.5, 300} {
		fmt.Println(x,
			numeric.Saturate(numeric.RoundNearestTowardEven.Round(x), 0, 255),
			numeric.Saturate(numeric.RoundNearestTowardInfinity.Round(x), 0, 255))
	}
	// Output:
	// 2.5 2 3
	// 3.5 4 4
	// 300 255 255
}
