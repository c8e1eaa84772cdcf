package tf2ng_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"slices"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/normalize"
	"github.com/tf2ng/tf2ng/internal/npy"
	"github.com/tf2ng/tf2ng/kernels"
)

const digits = "testdata/graphdefs/digits_mix_lpot16_tf25.pb"

// npzArray reads an array of an .npz file.
func npzArray(path, name string) *core.Tensor {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	archive, err := npy.OpenArchive(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		log.Fatal(err)
	}
	t, err := archive.Read(name)
	if err != nil {
		log.Fatal(err)
	}
	return t
}

// Load a frozen GraphDef as Intel's quantization tools write it, run it on 500 images of
// digits, and count how many it recognizes.
func Example() {
	model, err := tf2ng.Load(digits, tf2ng.WithThreads(2))
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	fmt.Println("in: ", model.Inputs())
	fmt.Println("out:", model.Outputs())

	images := npzArray("testdata/graphdefs/digits_data.npz", "xv")
	outputs, err := model.Run(context.Background(), map[string]*core.Tensor{"input": images})
	if err != nil {
		log.Fatal(err)
	}

	probabilities := core.Data[float32](outputs["Identity:0"])
	labels := core.Data[int64](npzArray("testdata/graphdefs/digits_data.npz", "yv"))
	right := 0
	for i, label := range labels {
		row := probabilities[i*10 : i*10+10]
		if slices.Index(row, slices.Max(row)) == int(label) {
			right++
		}
	}
	fmt.Println(right, "of", len(labels))
	// Output:
	// in:  [{input f32 [?,8,8,1]}]
	// out: [{Identity:0 f32 [?,10]}]
	// 493 of 500
}

// Any tensor of the graph can be asked for by its TensorFlow name.
func ExampleWithOutputs() {
	model, err := tf2ng.Load(digits, tf2ng.WithOutputs("model/conv2d_12/Relu", "Identity"))
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	for _, output := range model.Outputs() {
		fmt.Println(output.Name, output.Type, output.Shape)
	}
	// Output:
	// model/conv2d_12/Relu f32 [?,4,4,48]
	// Identity f32 [?,10]
}

// Results may be written into tensors that the caller owns, so that a server's loop
// does not allocate them each time.
func ExampleModel_RunInto() {
	model, err := tf2ng.Load(digits)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	image, err := core.NewTensor(core.F32, core.Shape{1, 8, 8, 1})
	if err != nil {
		log.Fatal(err)
	}
	probabilities, err := core.NewTensor(core.F32, core.Shape{1, 10})
	if err != nil {
		log.Fatal(err)
	}
	outputs := map[string]*core.Tensor{"Identity:0": probabilities}
	if _, err := model.RunInto(context.Background(), map[string]*core.Tensor{"input": image}, outputs); err != nil {
		log.Fatal(err)
	}
	var sum float32
	for _, p := range core.Data[float32](probabilities) {
		sum += p
	}
	fmt.Printf("%.3f\n", sum)
	// Output: 1.000
}

// A converted model is one file in the safetensors format. It loads without looking at
// the GraphDef again.
func ExampleConvert() {
	graph, err := os.ReadFile(digits)
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := tf2ng.Convert(&file, graph); err != nil {
		log.Fatal(err)
	}
	model, err := tf2ng.LoadBytes(file.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	fmt.Println(model.Inputs())
	// Output: [{input f32 [?,8,8,1]}]
}

// The reference engine runs each op's definition in plain loops; the kernels give the
// same bits.
func ExampleWithEngine() {
	images := npzArray("testdata/graphdefs/digits_mix_lpot16_tf25.tf221.npz", "x8")
	var results []*core.Tensor
	for _, engine := range []kernels.Engine{kernels.Kernels, kernels.Reference} {
		model, err := tf2ng.Load(digits, tf2ng.WithEngine(engine))
		if err != nil {
			log.Fatal(err)
		}
		outputs, err := model.Run(context.Background(), map[string]*core.Tensor{"input": images})
		if err != nil {
			log.Fatal(err)
		}
		results = append(results, outputs["Identity:0"])
		model.Close()
	}
	report := compare.Compare([]compare.Pair{{
		Name: "Identity:0",
		Got:  results[0],
		Want: results[1],
	}}, compare.DefaultTolerance())
	fmt.Println(report.Verdict())
	// Output: equal: 1 tensor, every element
}

// A graph that a program has built runs, and is written, as one that was loaded.
func ExampleFromFunction() {
	x, err := core.NewNamedNode("x", &core.Parameter{Type: core.F32, Shape: core.Shape{core.Unknown}})
	if err != nil {
		log.Fatal(err)
	}
	softmax, err := core.NewNamedNode("softmax", &normalize.Softmax{}, x.Out(0))
	if err != nil {
		log.Fatal(err)
	}
	y, err := core.NewNamedNode("y", &core.Result{}, softmax.Out(0))
	if err != nil {
		log.Fatal(err)
	}
	model, err := tf2ng.FromFunction(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{y}})
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	logits, err := tf2ng.TensorOf(tf2ng.Shape{2}, []float32{0, 0})
	if err != nil {
		log.Fatal(err)
	}
	out, err := model.Run(context.Background(), map[string]*tf2ng.Tensor{"x": logits})
	if err != nil {
		log.Fatal(err)
	}
	probabilities, err := tf2ng.DataOf[float32](out["y"])
	fmt.Println(probabilities, err)
	// Output:
	// [0.5 0.5] <nil>
}

// The signatures of a SavedModel are Models that share their weights. Inputs and outputs have the
// names that the signature gives them.
func ExampleModel_Signature() {
	model, err := tf2ng.Load("testdata/savedmodels/module_signatures/model") // serving_default
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	for _, name := range model.Signatures() {
		m, err := model.Signature(name)
		if err != nil {
			fmt.Printf("%.60s ...\n", err)
			continue
		}
		fmt.Println(m.SignatureName(), m.Inputs(), m.Outputs())
	}
	// Output:
	// embed [{x f32 [?,6]}] [{hidden f32 [?,8]}]
	// pair [{a f32 [?,6]} {b f32 [?,6]}] [{a f32 [?,6]} {likeness f32 [?]}]
	// serving_default [{x f32 [?,6]}] [{logits f32 [?,3]}]
	// words [{words string [?]}] [{ids i64 [?]}]
}
