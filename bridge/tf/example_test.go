package tf_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/pbtxt"
)

// graph reads a GraphDef in text format.
func graph(text string) *graphdef.Graph {
	binary, err := pbtxt.ToBinary([]byte(text))
	if err != nil {
		log.Fatal(err)
	}
	g, err := graphdef.Parse(binary, graphdef.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	return g
}

// Translate a GraphDef and print what it became.
func ExampleTranslate() {
	g := graph(`
		node { name: "x" op: "Placeholder"
			attr { key: "dtype" value { type: DT_FLOAT } }
			attr { key: "shape" value { shape { dim { size: -1 } dim { size: 3 } } } } }
		node { name: "y" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
		versions { producer: 1882 }`)
	f, err := tf.Translate(g, tf.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(f.Text())
	// Output:
	// function "" tensorflow=auto
	// %0 = Parameter() type=f32 shape=[?,3] : f32[?,3]  # "x" Placeholder
	// %1 = Activate(%0) activation=Relu : f32[?,3]  # "y" Relu
	// %2 = Result(%1) : f32[?,3]  # "y:0" of "y" Relu
}

// All ops that have no translation are reported at once.
func ExampleUnsupportedError() {
	g := graph(`
		node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
		node { name: "a" op: "Frobnicate" input: "x" }
		node { name: "b" op: "Frobnicate" input: "a" }
		node { name: "v" op: "VarHandleOp" }
		node { name: "c" op: "AddV2" input: "b" input: "v" attr { key: "T" value { type: DT_FLOAT } } }`)
	_, err := tf.Translate(g, tf.Options{})
	var unsupported *tf.UnsupportedError
	if errors.As(err, &unsupported) {
		for _, op := range unsupported.Ops {
			fmt.Println(op)
		}
	}
	// Output:
	// Frobnicate (2 nodes, first "a")
	// VarHandleOp (1 node "v": a variable: freeze the graph first)
}
