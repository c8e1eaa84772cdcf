package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels"
)

// modelFlags are shared by all commands that load a model.
type modelFlags struct {
	Model     string   `arg:"" help:"A frozen GraphDef (.pb, .pbtxt), a SavedModel (its directory or saved_model.pb) or a converted model (.ng)."`
	Signature string   `help:"The SavedModel's signature that names the inputs and outputs; by default serving_default, or the only one." placeholder:"NAME"`
	Tags      []string `help:"The tags of the graph to take from a SavedModel; by default serve, or those of its only graph." placeholder:"TAG"`
	TFVersion string   `name:"tf-version" help:"The TensorFlow version whose arithmetic to follow: auto, or 1.15 to 2.21. auto is 2.21 without two of its defects, and warns where they would show." placeholder:"VERSION"`
	Set       []string `name:"set" help:"Fix a placeholder before the graph is read, to a value in JSON: phase_train=false. What it switches off is left out." placeholder:"NAME=VALUE" sep:"none"`
	Asserts   bool     `name:"check-asserts" help:"Check the graph's Asserts, and fail when one does not hold; by default they are left out, with a warning."`
	JSON      bool     `name:"json" help:"Print the result as JSON."`

	graph *graphdef.Graph // the graph of Model if it has already been read; or nil
}

func (m *modelFlags) load(opts ...tf2ng.Option) (*tf2ng.Model, error) {
	if m.TFVersion != "" {
		opts = append(opts, tf2ng.WithTFVersion(m.TFVersion))
	}
	if m.Signature != "" {
		opts = append(opts, tf2ng.WithSignature(m.Signature))
	}
	if len(m.Tags) > 0 {
		opts = append(opts, tf2ng.WithTags(m.Tags...))
	}
	if m.Asserts {
		opts = append(opts, tf2ng.WithAssertsChecked())
	}
	for _, s := range m.Set {
		spec, err := tf.ParseConstantSpec(s)
		if err != nil {
			return nil, fmt.Errorf("--set: %w", err)
		}
		opts = append(opts, tf2ng.WithConstantText(spec.Name, spec.Text))
	}
	if m.graph == nil {
		if _, err := os.Stat(m.Model); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: no such file: want a frozen GraphDef (.pb, .pbtxt), a SavedModel (its directory or "+
				"saved_model.pb) or a converted model (.ng)", m.Model)
		}
		return tf2ng.Load(m.Model, opts...)
	}
	model, err := tf2ng.FromGraphDef(m.graph, opts...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Model, err)
	}
	return model, nil
}

// cutFlags say where a GraphDef begins.
type cutFlags struct {
	Input []string `help:"A tensor of the graph to take as an input, with its type or shape if the graph does not tell it: NAME, NAME:1,224,224,3, NAME:f32:1,10." placeholder:"NAME[:TYPE][:SHAPE]" sep:"none"`
}

func (c *cutFlags) cuts() ([]tf2ng.Option, error) {
	var opts []tf2ng.Option
	for _, s := range c.Input {
		spec, err := tf.ParseInputSpec(s)
		if err != nil {
			return nil, err
		}
		opts = append(opts, tf2ng.WithInputs(spec))
	}
	return opts, nil
}

// warn prints in what the model differs from TensorFlow 2.21: a line for each defect of TensorFlow that is
// repaired, with the first node where it would show, and a line for the Asserts that are left out.
func (o *output) warn(m *tf2ng.Model) {
	first, more := map[string]tf2ng.Warning{}, map[string]int{}
	var reasons []string
	for _, w := range m.Warnings() {
		if _, known := first[w.Repairs]; known {
			more[w.Repairs]++
			continue
		}
		first[w.Repairs] = w
		reasons = append(reasons, w.Repairs)
	}
	for _, r := range reasons {
		fmt.Fprintf(o.err, "warning: %s", first[r])
		if more[r] > 0 {
			fmt.Fprintf(o.err, " (and %d more nodes, which tf2ng inspect --json lists)", more[r])
		}
		fmt.Fprintln(o.err)
	}
}

// engineFlags say how a model is run.
type engineFlags struct {
	Threads int    `help:"Number of threads." default:"1"`
	QDQ     bool   `name:"qdq-fusion" help:"Run float convolutions and matrix products in integers where their operands are dequantized integers." default:"true" negatable:""`
	Memory  int64  `name:"memory-limit" help:"Most memory that tensors may take at once, in MiB; 8192 by default." placeholder:"MIB"`
	Engine  string `help:"What computes: kernels, portable (kernels without assembly) or reference (plain loops). The results are the same." default:"kernels" enum:"kernels,portable,reference"`
}

func (e *engineFlags) options() ([]tf2ng.Option, error) {
	if e.Threads < 1 || e.Threads > 1024 {
		return nil, fmt.Errorf("--threads: got %d, want 1 to 1024", e.Threads)
	}
	engine, err := kernels.ParseEngine(e.Engine)
	if err != nil {
		return nil, err
	}
	opts := []tf2ng.Option{tf2ng.WithThreads(e.Threads), tf2ng.WithEngine(engine)}
	if e.Memory != 0 {
		if e.Memory < 1 || e.Memory > 1<<30 {
			return nil, fmt.Errorf("--memory-limit: got %d, want 1 to %d", e.Memory, 1<<30)
		}
		opts = append(opts, tf2ng.WithMemoryLimit(e.Memory<<20))
	}
	if !e.QDQ {
		opts = append(opts, tf2ng.WithoutQDQFusion())
	}
	return opts, nil
}

// runFlags are the flags of commands that load a model, read its inputs and run it.
type runFlags struct {
	modelFlags
	engineFlags
	Input []string `help:"An input: NAME=FILE.npy, or NAME=FILE.npz:KEY. NAME is an input or any other tensor of the graph; if the graph does not tell its type, add it: NAME:f32=FILE." placeholder:"NAME=FILE[:KEY]" sep:"none"`
}

// start reads the inputs, and loads the model with the given options for the given outputs. Without outputs,
// the model has its own.
func (r *runFlags) start(outputs []string, more ...tf2ng.Option) (*tf2ng.Model, map[string]*core.Tensor, error) {
	opts, err := r.options()
	if err != nil {
		return nil, nil, err
	}
	inputs, typed, err := readInputs(r.Input)
	if err != nil {
		return nil, nil, err
	}
	opts = append(append(opts, tf2ng.WithOutputs(outputs...)), more...)
	for _, spec := range typed {
		opts = append(opts, tf2ng.WithInputs(spec))
	}
	m, err := r.load(opts...)
	cut := inner(m, inputs, typed)
	if len(cut) == 0 {
		return m, inputs, err
	}
	if m != nil {
		if err := m.Close(); err != nil {
			return nil, nil, err
		}
	}
	m, err = r.load(append(opts, tf2ng.WithInputs(cut...))...)
	return m, inputs, err
}

// readInputs reads NAME[:TYPE]=FILE[:KEY] arguments. It returns the tensors, and the specs of those with a
// TYPE, both keyed by name.
func readInputs(args []string) (map[string]*core.Tensor, map[string]tf.InputSpec, error) {
	typed := map[string]tf.InputSpec{}
	files := slices.Clone(args)
	for i, s := range args {
		name, file, ok := strings.Cut(s, "=")
		if !ok || !strings.Contains(name, ":") {
			continue
		}
		spec, err := tf.ParseInputSpec(name)
		if err != nil {
			return nil, nil, fmt.Errorf("--input %q: %w", s, err)
		}
		if spec.Shape != nil {
			return nil, nil, fmt.Errorf("--input %q: the file tells the shape: want NAME=FILE[:KEY] or NAME:TYPE=FILE[:KEY]", s)
		}
		if spec.Type != core.Dynamic {
			typed[spec.Name] = spec
			files[i] = spec.Name + "=" + file
		}
	}
	tensors, err := readTensors("--input", files)
	return tensors, typed, err
}

// inner returns specs for the given tensors that are not yet inputs of the model, since a tensor with a given
// value has to become an input. Tensors with a type are inputs already. If m is nil, because the model could
// not be loaded without these inputs, all others are returned.
func inner(m *tf2ng.Model, inputs map[string]*core.Tensor, typed map[string]tf.InputSpec) []tf.InputSpec {
	var specs []tf.InputSpec
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if _, known := typed[name]; !known && (m == nil || !hasInput(m, name)) {
			specs = append(specs, tf.InputSpec{Name: name})
		}
	}
	return specs
}

func hasInput(m *tf2ng.Model, name string) bool {
	for _, in := range m.Inputs() {
		if in.Name == name || in.Name == strings.TrimSuffix(name, ":0") {
			return true
		}
	}
	return false
}

// readTensors reads NAME=FILE[:KEY] arguments.
func readTensors(flag string, specs []string) (map[string]*core.Tensor, error) {
	tensors := map[string]*core.Tensor{}
	for _, s := range specs {
		name, file, ok := strings.Cut(s, "=")
		if !ok || name == "" || file == "" {
			return nil, fmt.Errorf("%s %q: want NAME=FILE[:KEY]", flag, s)
		}
		if _, dup := tensors[name]; dup {
			return nil, fmt.Errorf("%s %q: %s is given twice", flag, s, name)
		}
		t, err := loadArray(file)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", flag, name, err)
		}
		tensors[name] = t
	}
	return tensors, nil
}
