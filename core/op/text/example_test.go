package text_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/text"
)

// Read numbers.
func Example() {
	words, err := core.StringTensor(core.Shape{2}, []string{" 1.5", "-2e3"})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&text.ToNumber{Type: core.F32}, []*core.Tensor{words})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0].Float32s())
	// Output: [1.5 -2000]
}
