package onnx_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/export/onnx"
)

// Write an INT8 model as ONNX, and ask how close each node comes to TensorFlow's integers.
func Example() {
	model, err := tf2ng.Load("../../testdata/graphdefs/digits_mix_lpot16_tf25.pb")
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	written, err := onnx.Export(model.Function(), onnx.Options{Form: onnx.Integer})
	if err != nil {
		log.Fatal(err)
	}
	count := map[onnx.Fidelity]int{}
	for _, node := range written.Report() {
		count[node.Fidelity]++
	}
	fmt.Println(written.Nodes() > 0, len(written.Bytes()) > 0, count)
	// Output:
	// true true map[exact:25 last bits:2 within one step:1]
}
