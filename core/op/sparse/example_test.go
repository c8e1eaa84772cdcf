package sparse_test

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/sparse"
)

// Rows go to the shard that holds them, and come back in their order.
func Example() {
	ids, _ := core.TensorOf(core.Shape{4}, []int64{30, 11, 20, 10})
	shard, _ := core.TensorOf(core.Shape{4}, []int32{0, 1, 0, 0})
	places, _ := core.TensorOf(core.Shape{4}, []int32{0, 1, 2, 3})
	divide := &sparse.DynamicPartition{Partitions: 2}
	parts, err := core.EvalOp(divide, []*core.Tensor{ids, shard})
	if err != nil {
		fmt.Println(err)
		return
	}
	at, _ := core.EvalOp(divide, []*core.Tensor{places, shard})
	joined, _ := core.EvalOp(&sparse.DynamicStitch{}, []*core.Tensor{at[0], at[1], parts[0], parts[1]})
	fmt.Println(parts[0].Int64s(), parts[1].Int64s(), joined[0].Int64s())
	// Output: [30 20 10] [11] [30 11 20 10]
}
