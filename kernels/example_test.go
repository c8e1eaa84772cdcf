package kernels_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels"
)

// square returns the graph y = x * x.
func square() *core.Function {
	x, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: core.Shape{core.Unknown}})
	if err != nil {
		log.Fatal(err)
	}
	product, err := core.NewNamedNode("product", &pointwise.Multiply{}, x.Out(0), x.Out(0))
	if err != nil {
		log.Fatal(err)
	}
	y, err := core.NewNamedNode("y", &core.Result{}, product.Out(0))
	if err != nil {
		log.Fatal(err)
	}
	return &core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{y}}
}

// Compile a graph that a program has built for the shapes of its inputs, and run it.
func Example() {
	p, err := kernels.Compile(square(), map[string]core.Shape{"x": {3}}, kernels.Options{Threads: 2})
	if err != nil {
		log.Fatal(err)
	}
	x, err := core.TensorOf(core.Shape{3}, []float32{1, 2, 3})
	if err != nil {
		log.Fatal(err)
	}
	out, err := p.Run(context.Background(), map[string]*core.Tensor{"x": x}, nil)
	if err != nil {
		log.Fatal(err)
	}
	values, err := core.DataOf[float32](out["y"])
	fmt.Println(values, err)
	// Output:
	// [1 4 9] <nil>
}

// Options that have no meaning are errors, and so are shapes that are not known.
func ExampleCompile() {
	_, err := kernels.Compile(square(), nil, kernels.Options{Threads: -1})
	fmt.Println(err)
	_, err = kernels.Compile(square(), nil, kernels.Options{})
	fmt.Println(err)
	// Output:
	// option Threads: got -1, want 0 to 1024
	// input "x": its type and shape f32[?] are not fully known: give a shape
}
