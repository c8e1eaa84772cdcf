// Command batch classifies the files of a directory in batches, and prints a line for each file: its name,
// the class with the largest output, and that output.
//
//	batch -model model.pb [-size 64] [-threads 2] DIR
//
// Each file *.f32 holds one example for the model's only input: float32 values, little-endian and without
// a header, as NumPy writes them with x.astype("<f4").tofile("one.f32").
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/tf2ng/tf2ng"
	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt" // to read GraphDefs in text format
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run is the whole program.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("batch", flag.ContinueOnError)
	path := flags.String("model", "", "the model, a .pb, .pbtxt or .ng file")
	size := flags.Int("size", 64, "examples in a batch")
	threads := flags.Int("threads", 1, "threads")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 || *size < 1 {
		return fmt.Errorf("want one directory, and at least one example in a batch")
	}
	files, err := filepath.Glob(filepath.Join(flags.Arg(0), "*.f32"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: no files *.f32", flags.Arg(0))
	}
	m, err := tf2ng.Load(*path, tf2ng.WithThreads(*threads))
	if err != nil {
		return err
	}
	defer m.Close()
	out := bufio.NewWriter(stdout)
	for batch := range slices.Chunk(files, *size) {
		if err := classify(ctx, out, m, batch); err != nil {
			return err
		}
	}
	return out.Flush()
}

// classify runs the model on one batch.
func classify(ctx context.Context, out io.Writer, m *tf2ng.Model, files []string) error {
	x, err := readBatch(m, files)
	if err != nil {
		return err
	}
	outputs, err := m.Run(ctx, map[string]*tf2ng.Tensor{m.Inputs()[0].Name: x})
	if err != nil {
		return err
	}
	name := m.Outputs()[0].Name
	y := outputs[name]
	values, err := tf2ng.DataOf[float32](y)
	if s := y.Shape(); err != nil || len(s) != 2 || s[0] != len(files) || s[1] == 0 {
		return fmt.Errorf("output %q: got %v, want f32[%d,classes]", name, y, len(files))
	}
	for row := range slices.Chunk(values, y.Shape()[1]) {
		largest := slices.Max(row)
		fmt.Fprintf(out, "%s %d %.4f\n", filepath.Base(files[0]), slices.Index(row, largest), largest)
		files = files[1:]
	}
	return nil
}

// readBatch returns the model's input for a batch: the examples of the files, along the first axis.
func readBatch(m *tf2ng.Model, files []string) (*tf2ng.Tensor, error) {
	in := m.Inputs()[0]
	if len(m.Inputs()) != 1 || in.Type != tf2ng.F32 || len(in.Shape) < 1 || !in.Shape[1:].Static() {
		return nil, fmt.Errorf("the inputs are %v, want one of float32 whose first dimension alone may be unknown",
			m.Inputs())
	}
	shape := in.Shape.Clone()
	shape[0] = len(files)
	x, err := tf2ng.NewTensor(tf2ng.F32, shape)
	if err != nil {
		return nil, err
	}
	rest := x.Bytes()
	one := len(rest) / len(files)
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if len(data) != one {
			return nil, fmt.Errorf("%s: got %d bytes, want %d for f32%v", path, len(data), one, in.Shape[1:])
		}
		rest = rest[copy(rest, data):]
	}
	return x, nil
}
