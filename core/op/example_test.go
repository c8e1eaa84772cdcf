package op_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	_ "github.com/tf2ng/tf2ng/core/op" // all ops
)

// Read a graph in JSON, which may name any op: the import registers them all.
func Example() {
	f, err := core.DecodeJSON([]byte(`{
		"schema": 1, "parameters": [0], "results": [2], "names": {},
		"nodes": [
			{"op": "Parameter", "name": "x", "attributes": {"type": "f32", "shape": [2]},
				"outputs": [{"type": "f32", "shape": [2]}]},
			{"op": "Add", "inputs": [[0, 0], [0, 0]], "outputs": [{"type": "f32", "shape": [2]}]},
			{"op": "Result", "name": "y", "inputs": [[1, 0]], "outputs": [{"type": "f32", "shape": [2]}]}
		]
	}`), nil)
	if err != nil {
		log.Fatal(err)
	}
	x, err := core.TensorOf(core.Shape{2}, []float32{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	out, err := f.Eval(map[string]*core.Tensor{"x": x})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(core.Data[float32](out["y"]))
	// Output:
	// [2 4]
}
