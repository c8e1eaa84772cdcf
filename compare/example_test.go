package compare_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// Compare what was computed with what was recorded, in the order of the graph.
func Example() {
	vector := func(elements ...float32) *core.Tensor {
		t, err := core.TensorOf(core.Shape{len(elements)}, elements)
		if err != nil {
			log.Fatal(err)
		}
		return t
	}
	report := compare.Compare([]compare.Pair{
		{Name: "conv1:0", Got: vector(1, 2, 3), Want: vector(1, 2, 3)},
		{Name: "conv2:0", Got: vector(1, 2.5, 3), Want: vector(1, 2, 3)},
		{Name: "conv3:0", Got: vector(1, 7, 3), Want: vector(1, 2, 3)},
	}, compare.DefaultTolerance())
	fmt.Println(report.Verdict())
	second := report.Tensors[1]
	fmt.Println(second.Name, "differs most at", second.Where, "by", second.MaxAbsolute)
	// Output:
	// DIFFERS: 3 tensors compared within atol 1e-06 + rtol 1e-06; the first that diverges is conv2:0
	// conv2:0 differs most at [1] by 0.5
}
