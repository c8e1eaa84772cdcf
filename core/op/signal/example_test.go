package signal_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/signal"
)

// Find how strong each frequency of a signal of four numbers is.
func Example() {
	x, err := core.TensorOf(core.Shape{4}, []float32{1, 0, -1, 0})
	if err != nil {
		log.Fatal(err)
	}
	length, err := core.TensorOf(core.Shape{1}, []int32{4})
	if err != nil {
		log.Fatal(err)
	}
	spectrum, err := core.EvalOp(&signal.Fourier{Kind: signal.RealForwardFourier, Axes: 1}, []*core.Tensor{x, length})
	if err != nil {
		log.Fatal(err)
	}
	strength, err := core.EvalOp(&signal.ComplexPart{Part: signal.MagnitudePart}, spectrum)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(spectrum[0], core.Data[float32](strength[0]))
	// Output:
	// c64[3] [0 2 0]
}
