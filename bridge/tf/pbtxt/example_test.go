package pbtxt_test

import (
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

// Convert a GraphDef that a person wrote to the form that programs read.
func ExampleToBinary() {
	binary, err := pbtxt.ToBinary([]byte(
		`node { name: "x" op: "Placeholder" } node { name: "y" op: "Relu" input: "x" }`,
	))
	if err != nil {
		log.Fatal(err)
	}
	g, err := graphdef.Parse(binary, graphdef.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	for i := range g.Nodes {
		fmt.Println(g.Nodes[i].Name, g.Nodes[i].Op)
	}
	// Output:
	// x Placeholder
	// y Relu
}
