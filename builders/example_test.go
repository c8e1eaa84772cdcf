package builders_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/builders"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
)

// Quantize reals from a range, as nGraph does: the builder makes the scale of the range.
func Example() {
	data, err := core.TensorOf(core.Shape{4}, []float32{-1, 0, 0.25, 1})
	if err != nil {
		log.Fatal(err)
	}
	q, err := builders.ScaledQuantize(builders.Scope{Arithmetic: builders.NGraph, Node: "q"}, builders.Quantization{
		Data: core.NewConstant(data),
		Range: builders.Range{
			Min: core.NewConstant(core.Scalar[float32](-1)),
			Max: core.NewConstant(core.Scalar[float32](1)),
		},
		Type:      core.I8,
		RoundMode: numeric.RoundNearestTowardEven,
	})
	if err != nil {
		log.Fatal(err)
	}
	result, err := core.NewNamedNode("out", &core.Result{}, q.Value)
	if err != nil {
		log.Fatal(err)
	}
	f := &core.Function{Results: []*core.Node{result}}
	for _, n := range f.Nodes() {
		fmt.Printf("%s %q\n", n.OpName(), n.Name)
	}
	out, err := f.Eval(nil)
	if err != nil {
		log.Fatal(err)
	}
	bytes, err := core.DataOf[int8](out["out"])
	fmt.Println(bytes, err)
	// Output:
	// Constant ""
	// Constant ""
	// Constant ""
	// RangeToScale "q#scale"
	// Constant "q#zero_point"
	// Quantize "q"
	// Result "out"
	// [-127 0 32 127] <nil>
}
