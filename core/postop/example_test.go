package postop_test

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/postop"
)

// What follows the integer sum of a quantized convolution with a bias: each step says how many values
// of the graph it reads.
func Example() {
	for _, step := range []postop.Step{
		{Kind: postop.Add},
		{Kind: postop.Mul},
		postop.RoundSaturateTo(core.U8),
	} {
		fmt.Println(step, step.Operands())
	}
	// Output:
	// Add 1
	// Mul 1
	// RoundSaturate(u8, 0, 255) 0
}
