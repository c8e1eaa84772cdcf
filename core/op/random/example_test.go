package random_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/random"
)

// Throw a die six times. The same seeds always give the same numbers.
func Example() {
	seeds, err := core.TensorOf(core.Shape{2}, []int32{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	key, err := core.EvalOp(&random.PhiloxKey{}, []*core.Tensor{seeds})
	if err != nil {
		log.Fatal(err)
	}
	shape, err := core.TensorOf(core.Shape{1}, []int32{6})
	if err != nil {
		log.Fatal(err)
	}
	die := &random.Philox{Distribution: random.UniformWhole, Type: core.I32}
	out, err := core.EvalOp(die, []*core.Tensor{shape, key[0], key[1], core.Scalar(int32(1)), core.Scalar(int32(7))})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(core.Data[int32](out[0]))
	// Output:
	// [5 6 1 4 2 2]
}
