package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/passes"
	"github.com/tf2ng/tf2ng/kernels"
)

type inspectCommand struct {
	modelFlags
	engineFlags
	cutFlags
	Output  []string `help:"A tensor to take as an output; by default every tensor that no node reads." placeholder:"NAME" sep:"none"`
	Kernels bool     `help:"List the instructions of a run, the kernel of each, and the peak memory."`
	Batch   int      `help:"The size to assume for unknown dimensions with --kernels." default:"1"`
}

// Help is shown by --help.
func (c *inspectCommand) Help() string { return "Example: tf2ng inspect frozen.pb --kernels" }

// inspection is the result of inspect.
type inspection struct {
	Signature string             `json:"signature,omitempty"` // the signature whose names the inputs and outputs have
	Others    []string           `json:"other_signatures,omitempty"`
	Inputs    []tf2ng.TensorInfo `json:"inputs"`
	Outputs   []tf2ng.TensorInfo `json:"outputs"`
	TFOps     []inspectedOp      `json:"tensorflow_ops"` // the most frequent first, without constants
	CoreOps   map[string]int     `json:"core_ops"`
	Quantized float64            `json:"quantized"` // share of convolutions and dots that run in integers
	TFVersion string             `json:"tensorflow"`
	Warnings  []tf2ng.Warning    `json:"warnings,omitempty"`
	Steps     []kernels.StepInfo `json:"steps,omitempty"`
	PeakBytes int64              `json:"peak_bytes,omitempty"`

	// Only for a graph that is not supported: the last tensors before the unsupported ops, and the first
	// ones after them.
	Front  []string `json:"outputs_in_front,omitempty"`
	Behind []string `json:"inputs_behind,omitempty"`
}

// Run is the command.
func (c *inspectCommand) Run(o *output) error {
	opts, err := c.options()
	if err != nil {
		return err
	}
	cuts, err := c.cuts()
	if err != nil {
		return err
	}
	m, err := c.load(append(append(opts, cuts...), tf2ng.WithOutputs(c.Output...))...)
	if u := (*tf.UnsupportedError)(nil); errors.As(err, &u) {
		return c.unsupported(o, u)
	}
	if e := (*tf.Error)(nil); errors.As(err, &e) && e.Graph != nil {
		return c.unsupported(o, e.Graph)
	}
	if err != nil {
		return err
	}
	defer m.Close()
	o.warn(m)
	in, err := c.inspect(m)
	if err != nil {
		return err
	}
	if c.Kernels {
		shapes, err := fullShapes(m.Inputs(), c.Batch, nil)
		if err != nil {
			return err
		}
		p, err := m.Compile(shapes)
		if err != nil {
			return err
		}
		in.Steps, in.PeakBytes = p.Steps(), p.PeakBytes()
	}
	if c.JSON {
		return printJSON(o.out, in)
	}
	in.print(o.out)
	return nil
}

// unsupported prints what prevents a graph from being translated, and where it could be cut. For inspect this
// is a result, not an error.
func (c *inspectCommand) unsupported(o *output, u *tf.UnsupportedError) error {
	in := &inspection{
		Inputs: endpoints(u.Inputs), Outputs: endpoints(u.Outputs), TFOps: refusedOps(u), Front: u.Front, Behind: u.Behind,
	}
	if c.JSON {
		return printJSON(o.out, in)
	}
	printInfos(o.out, "input", in.Inputs)
	printInfos(o.out, "output", in.Outputs)
	fmt.Fprintln(o.out, u)
	printWays(o.out, "these outputs need nothing that is unsupported:", "--output", in.Front)
	printWays(o.out, "with these inputs nothing unsupported is needed:", "--input", in.Behind)
	in.printOps(o.out)
	return nil
}

// printWays prints tensors at which a graph may be cut.
func printWays(w io.Writer, title, flag string, tensors []string) {
	if len(tensors) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	for _, t := range tensors {
		fmt.Fprintf(w, "  %s %s\n", flag, t)
	}
}

func endpoints(list []tf.Endpoint) []tf2ng.TensorInfo {
	infos := make([]tf2ng.TensorInfo, len(list))
	for i, e := range list {
		infos[i] = tf2ng.TensorInfo{Name: e.Name, Type: e.Type, Shape: e.Shape}
	}
	return infos
}

func (c *inspectCommand) inspect(m *tf2ng.Model) (*inspection, error) {
	f := m.Function()
	in := &inspection{
		Signature: m.SignatureName(), Inputs: m.Inputs(), Outputs: m.Outputs(), TFOps: tensorFlowOps(f),
		CoreOps: map[string]int{}, TFVersion: f.Meta[tf.MetaVersion], Warnings: m.Warnings(),
	}
	for _, name := range m.Signatures() {
		if name != in.Signature {
			in.Others = append(in.Others, name)
		}
	}
	for _, n := range f.AllNodes() {
		if _, isConstant := n.Op().(*core.Constant); !isConstant {
			in.CoreOps[n.OpName()]++
		}
	}
	if c.QDQ {
		var err error
		if f, err = passes.Run(f, passes.Options{StopAfter: passes.QDQ}); err != nil {
			return nil, err
		}
	}
	var integer, real int
	for _, n := range f.AllNodes() {
		if _, ok := n.Op().(trait.IntegerProduct); ok {
			integer++
		} else if mayBeInteger(n) {
			real++
		}
	}
	if integer+real > 0 {
		in.Quantized = float64(integer) / float64(integer+real)
	}
	return in, nil
}

// mayBeInteger reports whether a node computes sums of products of real numbers, such as a convolution, that
// could be computed in integers.
func mayBeInteger(n *core.Node) bool {
	p, ok := n.Op().(trait.Product)
	if ok {
		_, ok = p.IntegerForm(len(n.Inputs()[1].Shape()))
	}
	return ok
}

func (in *inspection) print(w io.Writer) {
	if in.Signature != "" {
		fmt.Fprintf(w, "signature %q", in.Signature)
		if len(in.Others) > 0 {
			fmt.Fprintf(w, "; there are also %q, see --signature", in.Others)
		}
		fmt.Fprintln(w)
	}
	printInfos(w, "input", in.Inputs)
	printInfos(w, "output", in.Outputs)
	fmt.Fprintf(w, "arithmetic of TensorFlow %s; %.0f %% of the convolutions and matrix products run in integers; "+
		"every op is supported\n", in.TFVersion, 100*in.Quantized)
	in.printOps(w)
	printCounts(w, "core ops:", in.CoreOps)
	if in.Steps == nil {
		return
	}
	fmt.Fprintf(w, "%d instructions, peak memory of intermediate values %d KiB\n", len(in.Steps), in.PeakBytes>>10)
	printSteps(w, in.Steps, "")
}

// printSteps prints a line for each step, followed by the steps of the functions that it calls.
func printSteps(w io.Writer, steps []kernels.StepInfo, indent string) {
	for i, s := range steps {
		fmt.Fprintf(w, "%s%4d  %-18s %-20v %-42s %s\n", indent, i, s.Op, s.Output, s.Kernel, s.Node)
		for _, f := range s.Functions {
			fmt.Fprintf(w, "%s      %s:\n", indent, f.Name)
			printSteps(w, f.Steps, indent+"    ")
		}
	}
}

// fullShapes returns the shapes of the inputs. A given tensor has its own shape; the others have that of the
// graph, with batch in place of each unknown dimension.
func fullShapes(inputs []tf2ng.TensorInfo, batch int, given map[string]*core.Tensor) (map[string]core.Shape, error) {
	shapes := map[string]core.Shape{}
	for _, in := range inputs {
		if t := given[in.Name]; t != nil {
			shapes[in.Name] = t.Shape()
			continue
		}
		if !in.Shape.Ranked() {
			return nil, fmt.Errorf("input %q: the graph does not tell its shape: give it, for example "+
				"--input %s:1,224,224,3, or --input %s:[] for a number", in.Name, in.Name, in.Name)
		}
		s := in.Shape.Clone()
		for i, d := range s {
			if d == core.Unknown {
				s[i] = batch
			}
		}
		shapes[in.Name] = s
	}
	return shapes, nil
}

func printInfos(w io.Writer, what string, infos []tf2ng.TensorInfo) {
	for _, i := range infos {
		fmt.Fprintf(w, "%-7s %s %v%v\n", what, i.Name, i.Type, i.Shape)
	}
}

func printCounts(w io.Writer, title string, counts map[string]int) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	fmt.Fprintln(w, title)
	for _, n := range names {
		fmt.Fprintf(w, "%6d  %s\n", counts[n], n)
	}
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
