package core_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/op/quantization"
)

// Build a graph that quantizes reals, and evaluate it with the references of its ops.
func Example() {
	x, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: core.Shape{core.Unknown}})
	if err != nil {
		log.Fatal(err)
	}
	scale, zero := core.NewConstant(core.Scalar[float32](0.5)), core.NewConstant(core.Scalar[uint8](128))
	op := &quantization.Quantize{Type: core.U8, RoundMode: numeric.RoundNearestTowardEven}
	quantized, err := core.NewNamedNode("quantized", op, x.Out(0), scale, zero)
	if err != nil {
		log.Fatal(err)
	}
	y, err := core.NewNamedNode("y", &core.Result{}, quantized.Out(0))
	if err != nil {
		log.Fatal(err)
	}
	f := &core.Function{Name: "quantize", Parameters: []*core.Node{x}, Results: []*core.Node{y}}
	fmt.Print(f.Text())

	reals, err := core.TensorOf(core.Shape{4}, []float32{-100, -0.5, 0.75, 1})
	if err != nil {
		log.Fatal(err)
	}
	out, err := f.Eval(map[string]*core.Tensor{"x": reals})
	if err != nil {
		log.Fatal(err)
	}
	bytes, err := core.DataOf[uint8](out["y"])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out["y"], bytes)
	// Output:
	// function "quantize"
	// %0 = Parameter() type=f32 shape=[?] : f32[?]  # "x"
	// %1 = Constant() [0.5] : f32[]
	// %2 = Constant() [128] : u8[]
	// %3 = Quantize(%0, %1, %2) type=u8 round_mode=ROUND_NEAREST_TOWARD_EVEN : u8[?]  # "quantized"
	// %4 = Result(%3) : u8[?]  # "y"
	// u8[4] [0 127 130 130]
}

// An op that does not accept its inputs says which, what it got and what it wants.
func ExampleNewNode() {
	x := core.NewConstant(core.Scalar[int32](1))
	_, err := core.NewNamedNode("q", &quantization.Quantize{Type: core.U8}, x, x, x)
	fmt.Println(err)
	// Output:
	// node "q" (Quantize): input 0 (input): got type i32, want f32 or f64 (Quantize-C2)
}

// Elements are read by their Go type; a wrong one is an error.
func ExampleDataOf() {
	t, err := core.TensorOf(core.Shape{2, 2}, []int8{1, 2, 3, 4})
	if err != nil {
		log.Fatal(err)
	}
	elements, err := core.DataOf[int8](t)
	fmt.Println(elements, err)
	_, err = core.DataOf[float32](t)
	fmt.Println(err)
	numbers, err := core.NumbersOf[float32](t)
	fmt.Println(numbers, err)
	// Output:
	// [1 2 3 4] <nil>
	// got a tensor of i8, want f32
	// [1 2 3 4] <nil>
}
