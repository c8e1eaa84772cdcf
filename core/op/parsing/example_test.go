package parsing_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/parsing"
)

// Read a feature of two tf.Examples, the second of which does not have it.
func Example() {
	op := &parsing.ParseExample{Dense: []parsing.DenseFeature{{Key: "age", Type: core.I64, Shape: core.Shape{1}}}}
	// features { feature { key: "age" value { int64_list { value: 42 } } } }
	age := "\x0a\x0e\x0a\x0c\x0a\x03age\x12\x05\x1a\x03\x0a\x01\x2a"
	serialized, err := core.StringTensor(core.Shape{2}, []string{age, ""})
	if err != nil {
		log.Fatal(err)
	}
	unknown, err := core.TensorOf(core.Shape{1}, []int64{-1})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(op, []*core.Tensor{serialized, unknown})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0].Shape(), out[0].Int64s())
	// Output: [2,1] [42 -1]
}
