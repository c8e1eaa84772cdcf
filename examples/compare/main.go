// Command compare runs a model on recorded inputs and compares its tensors with recorded ones. Any tensor of
// the graph can be compared, so it can show where results begin to differ.
//
//	compare -model model.pb -input x=x.f32 -want conv1/Relu=relu.f32 -want y=y.f32
//
// The files hold float32 values, little-endian and without a header, as NumPy writes them with
// x.astype("<f4").tofile("x.f32"). Give tensors in the order in which the graph computes them, since the
// report names the first one that diverges. The exit code is 1 if any tensor diverges.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/tf2ng/tf2ng"
	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt" // to read GraphDefs in text format
	"github.com/tf2ng/tf2ng/compare"
)

// errDiverges says that a tensor is not within the tolerance. The report has the details.
var errDiverges = errors.New("tensors diverge")

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err) // exits with 1
	}
}

// recording is a tensor's name and the file that holds it.
type recording struct{ name, path string }

// recordings is the value of a flag NAME=FILE that may be given more than once.
type recordings []recording

func (r *recordings) add(arg string) error {
	name, path, ok := strings.Cut(arg, "=")
	if !ok {
		return fmt.Errorf("want NAME=FILE")
	}
	*r = append(*r, recording{name, path})
	return nil
}

// run is the whole program.
func run(args []string, stdout io.Writer) error {
	var inputs, wanted recordings
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	path := flags.String("model", "", "the model, a .pb, .pbtxt or .ng file")
	var tolerance compare.Tolerance
	flags.Float64Var(&tolerance.Absolute, "atol", 1e-6, "absolute tolerance")
	flags.Float64Var(&tolerance.Relative, "rtol", 1e-6, "tolerance relative to what is wanted")
	flags.Func("input", "an input, as `NAME=FILE`", inputs.add)
	flags.Func("want", "a tensor to compare, as `NAME=FILE`", wanted.add)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if len(wanted) == 0 {
		return fmt.Errorf("nothing to compare: give -want NAME=FILE")
	}
	pairs, err := compute(*path, inputs, wanted)
	if err != nil {
		return err
	}
	report := compare.Compare(pairs, tolerance)
	if err := report.WriteText(stdout); err != nil {
		return err
	}
	if !report.Pass {
		return errDiverges
	}
	return nil
}

// compute runs the model for the wanted tensors, and returns pairs of computed and recorded tensors.
func compute(path string, inputs, wanted recordings) ([]compare.Pair, error) {
	var names []string
	for _, w := range wanted {
		names = append(names, w.name)
	}
	m, err := tf2ng.Load(path, tf2ng.WithOutputs(names...))
	if err != nil {
		return nil, err
	}
	defer m.Close()
	feed, err := readInputs(m, inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := m.Run(context.Background(), feed)
	if err != nil {
		return nil, err
	}
	var pairs []compare.Pair
	for _, w := range wanted {
		got := outputs[w.name]
		want, err := read(w, got.Shape())
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, compare.Pair{Name: w.name, Got: got, Want: want})
	}
	return pairs, nil
}

// readInputs reads the recorded inputs, with the shapes that the model specifies.
func readInputs(m *tf2ng.Model, inputs recordings) (map[string]*tf2ng.Tensor, error) {
	feed := map[string]*tf2ng.Tensor{}
	for _, r := range inputs {
		for _, in := range m.Inputs() {
			if in.Name != r.name {
				continue
			}
			t, err := read(r, in.Shape)
			if err != nil {
				return nil, err
			}
			feed[r.name] = t
		}
		if feed[r.name] == nil {
			return nil, fmt.Errorf("no input %q: the inputs are %v", r.name, m.Inputs())
		}
	}
	return feed, nil
}

// read reads a file of float32 as a tensor of the given shape. If the first dimension is unknown, it follows
// from the size of the file.
func read(r recording, shape tf2ng.Shape) (*tf2ng.Tensor, error) {
	data, err := os.ReadFile(r.path)
	if err != nil {
		return nil, err
	}
	shape = shape.Clone()
	if len(shape) > 0 && shape[0] == tf2ng.Unknown {
		shape[0] = 1
		one, err := shape.Elements()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.path, err)
		}
		shape[0] = len(data) / 4 / max(one, 1)
	}
	t, err := tf2ng.TensorOver(tf2ng.F32, shape, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.path, err)
	}
	return t, nil
}
