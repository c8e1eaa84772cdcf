package graphdef_test

import (
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// Read a frozen GraphDef and look at a node.
func Example() {
	data, err := os.ReadFile("../../../testdata/graphdefs/digits_mix_lpot16_tf25.pb")
	if err != nil {
		log.Fatal(err)
	}
	g, err := graphdef.Parse(data, graphdef.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	n, ok := g.Lookup("input")
	if !ok {
		log.Fatal("no such node")
	}
	typ, err := n.Type("dtype")
	if err != nil {
		log.Fatal(err)
	}
	shape, err := n.Shape("shape")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n.Op, typ, shape.Dims)
	_, err = n.Int("dtype")
	fmt.Println(err)
	// Output:
	// Placeholder float [-1 8 8 1]
	// node "input" (Placeholder): attribute "dtype": got type, want int
}

// What is passed by mistake is told apart by the errors of this package.
func ExampleParse() {
	_, err := graphdef.Parse([]byte("\x08\x01\x12"), graphdef.Limits{})
	fmt.Println(errors.Is(err, graphdef.ErrSavedModel))
	fmt.Println(err)
	// Output:
	// true
	// got a SavedModel (saved_model.pb), want a frozen GraphDef: freeze it first, for example with convert_variables_to_constants_v2
}
