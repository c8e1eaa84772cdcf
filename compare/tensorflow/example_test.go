package tensorflow_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
)

// Run a graph in real TensorFlow. It has no output here, since it needs a python3 with the package
// tensorflow.
func Example() {
	graph, err := os.ReadFile("frozen.pb")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	e, err := tensorflow.Start(ctx, tensorflow.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	fmt.Println(e.Describe())
	runner, err := e.Open(ctx, graph)
	if err != nil {
		log.Fatal(err)
	}
	defer compare.Close(runner)
}
