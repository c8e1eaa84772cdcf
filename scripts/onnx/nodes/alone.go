package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/quantization"
)

// alone is a node of one of core's ops that no recorded graph computes: TensorFlow has no such op, or its node folds
// into a constant.
type alone struct {
	name   string
	op     core.Op
	inputs []*core.Tensor
}

// writeAlone writes such nodes, with inputs and what core computes from them.
func writeAlone(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var index []node
	nodes := slices.Concat(linSpaces[float32](), linSpaces[float64](), fakeQuantizes[float32](), fakeQuantizes[float64]())
	for i, a := range nodes {
		entries, err := a.write(dir, strconv.Itoa(i))
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		index = append(index, entries...)
	}
	return writeIndex(index, dir)
}

func (a *alone) write(dir, file string) ([]node, error) {
	values := map[core.Value]*core.Tensor{}
	inputs := make([]core.Value, len(a.inputs))
	for i, t := range a.inputs {
		p, err := core.NewNamedNode(fmt.Sprintf("p%d", i), &core.Parameter{Type: t.Type(), Shape: t.Shape()})
		if err != nil {
			return nil, err
		}
		inputs[i] = p.Out(0)
		values[inputs[i]] = t
	}
	n, err := core.NewNamedNode(a.name, a.op, inputs...)
	if err != nil {
		return nil, err
	}
	out, err := core.EvalOp(a.op, a.inputs)
	if err != nil {
		return nil, err
	}
	for i, t := range out {
		values[n.Out(i)] = t
	}
	return writeNode(n, values, dir, file)
}

// tensor returns a tensor of reals.
func tensor[T float32 | float64](s core.Shape, numbers ...float64) *core.Tensor {
	elements := make([]T, len(numbers))
	for i, x := range numbers {
		elements[i] = T(x)
	}
	t, err := core.TensorOf(s, elements)
	if err != nil {
		panic(err) // a shape of this file does not fit its numbers
	}
	return t
}

func linSpaces[T float32 | float64]() (list []*alone) {
	for _, num := range []int32{1, 2, 7, 1000} {
		for _, ends := range [][2]float64{{-1.5, 4}, {3, 3}, {1e30, -0.1}} {
			list = append(list, &alone{
				fmt.Sprintf("LinSpace_%T_%d_%v_%v", T(0), num, ends[0], ends[1]), &array.LinSpace{},
				[]*core.Tensor{tensor[T](core.Shape{}, ends[0]), tensor[T](core.Shape{}, ends[1]), core.Scalar(num)},
			})
		}
	}
	return list
}

func fakeQuantizes[T float32 | float64]() (list []*alone) {
	data := make([]float64, 72)
	for i := range data {
		data[i] = 2.5*math.Sin(float64(i*i)) + float64(i%5)/4
	}
	copy(data, []float64{math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 0.5, 1e-40})
	ranges := []struct {
		name      string
		low, high *core.Tensor
		broadcast quantization.AutoBroadcast
		axis      int
	}{
		{name: "scalar", low: tensor[T](core.Shape{}, -1), high: tensor[T](core.Shape{}, 2)},
		{name: "last_axis", low: tensor[T](core.Shape{3}, -1, -0.3, 0), high: tensor[T](core.Shape{3}, 2, 0.7, 1)},
		{
			name: "axis_1", low: tensor[T](core.Shape{3}, -1, -0.3, 0), high: tensor[T](core.Shape{3}, 2, 0.7, 1),
			broadcast: quantization.BroadcastPDPD, axis: 1,
		},
	}
	for _, levels := range []int{2, 16, 256, 1 << 16} {
		for _, r := range ranges {
			list = append(list, &alone{
				fmt.Sprintf("FakeQuantize_%T_%d_%s", T(0), levels, r.name),
				&quantization.FakeQuantize{Levels: levels, AutoBroadcast: r.broadcast, Axis: r.axis},
				[]*core.Tensor{
					tensor[T](core.Shape{2, 3, 4, 3}, data...), r.low, r.high, tensor[T](core.Shape{}, -3), tensor[T](core.Shape{}, 5),
				},
			})
		}
	}
	return list
}
