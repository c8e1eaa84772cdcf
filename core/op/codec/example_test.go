package codec_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/codec"
)

// Decode a file.
func Example() {
	const bmp = "BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00" +
		"\x01\x00\x18\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x02\x03\x00"
	file, err := core.StringTensor(core.Shape{}, []string{bmp})
	if err != nil {
		log.Fatal(err)
	}
	out, err := core.EvalOp(&codec.DecodeImage{Type: core.U8, Formats: codec.AllFormats, Ratio: 1}, []*core.Tensor{file})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0].Shape(), out[0].Bytes())
	// Output: [1,1,3] [3 2 1]
}
