package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

type diffCommand struct {
	runFlags
	Expect  []string `help:"An expected tensor: NAME=FILE.npy, or NAME=FILE.npz:KEY. NAME is any tensor in the graph." placeholder:"NAME=FILE[:KEY]" sep:"none"`
	Against string   `help:"Compare with a recording written by --record." placeholder:"DIR"`
	childFlags
	A string `help:"The side that is judged, instead of the model on tf2ng: see above." placeholder:"SIDE"`
	B string `help:"The side that is taken to be right: see above." placeholder:"SIDE"`

	Random     *uint64  `help:"Fill the inputs that are not given with random numbers that fit their types, shapes and use." placeholder:"SEED"`
	Batch      int      `help:"The size that --random uses for unknown dimensions, and how many rows of --input NAME=DIR make a run." default:"1"`
	Preprocess string   `help:"How images are preprocessed, in Keras' words: none, caffe, tf or torch." default:"none"`
	Shape      []string `help:"An input's shape for --random, if the graph does not tell it: NAME:1,224,224,3." placeholder:"NAME:SHAPE" sep:"none"`
	Output     []string `help:"A tensor to compare; by default the model's outputs." placeholder:"NAME" sep:"none"`

	Nodes    bool   `help:"Compare every tensor that both sides can compute, in the order of the graph, and say for each that differs whether its own node is at fault."`
	Alone    bool   `help:"With --nodes: run every node by itself on the right side's inputs, not only those that differ."`
	Reduce   string `help:"With --nodes: write the smallest part of the graph that shows the first difference, with its inputs and the right outputs." placeholder:"DIR"`
	FailFast bool   `name:"fail-fast" help:"Stop at the first tensor that differs."`
	Brief    bool   `help:"List only the tensors that differ."`

	Float  string `help:"The float model that this one was quantized from: say how much accuracy each layer loses." placeholder:"FILE"`
	Labels string `help:"Integer labels, one for each row of the first output: print the accuracy of both sides, and the rows for which their answers differ." placeholder:"FILE[:KEY]"`

	HTML   string   `name:"html" help:"Also write the report as one page for browsers." placeholder:"FILE"`
	Record string   `help:"Record the tensors of the right side (or of the model, if there is no other side) for --against." placeholder:"DIR"`
	Atol   *float64 `help:"Absolute tolerance for floats, instead of one derived from the graph; integers must be equal."`
	Rtol   *float64 `help:"Relative tolerance for floats, instead of one derived from the graph."`

	follows string // the version of TensorFlow that models follow unless --tf-version is given
}

// childFlags say which TensorFlow to run.
type childFlags struct {
	TensorFlow bool          `name:"tensorflow" help:"Compare with real TensorFlow, run by python3."`
	Python     string        `help:"The Python that has the package tensorflow; by default the one of VIRTUAL_ENV, or the one on PATH." placeholder:"PROGRAM"`
	Optimize   bool          `name:"grappler" help:"Let TensorFlow rewrite the graph before it runs it, as its default session does."`
	TimeLimit  time.Duration `name:"time-limit" help:"Time that TensorFlow has for an answer; it has two minutes to start." default:"10m"`
}

// Help is shown by --help.
func (c *diffCommand) Help() string {
	return `The exit code is 0 if everything that was asked for was compared and agrees, 1 if a tensor differs by more than
the tolerance, 2 if the comparison is incomplete.

A SIDE is a list of settings: "tensorflow" or "python=PROGRAM", or "live" in a program built with the tag tensorflow,
with "grappler" if wanted; "recorded=DIR"; or tf2ng with any of "model=FILE", "engine=NAME", "threads=N",
"tf-version=VERSION", "qdq-fusion=no" instead of the command's.

Example: tf2ng diff frozen.pb --tensorflow --random 1 --nodes

Example: tf2ng diff frozen.pb --input input=x.npy --expect Identity:0=y.npy

Example: tf2ng diff frozen.pb --random 1 --b engine=reference`
}

// errIncomplete is returned by diff if something that was asked for was not compared. The report has already
// been printed.
var errIncomplete = errors.New("the comparison is incomplete")

// Run is the command.
func (c *diffCommand) Run(o *output) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	d := &diff{command: c, out: o}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.open(ctx); err != nil {
		return err
	}
	switch {
	case c.Float != "":
		return d.loss(ctx)
	case d.b.Runner == nil:
		return d.keep(ctx)
	}
	comparison, report, err := d.compare(ctx)
	if err != nil {
		return err
	}
	if err := d.print(report); err != nil {
		return err
	}
	if err := d.record(); err != nil {
		return err
	}
	if c.Reduce != "" && !report.Pass {
		if err := d.reduce(ctx, comparison, report); err != nil {
			return fmt.Errorf("--reduce: %w", err)
		}
	}
	switch {
	case !report.Pass:
		return errDiffers
	case !report.Complete() || len(report.Tensors) == 0:
		return errIncomplete
	}
	return nil
}

// tolerance returns the tolerance for floats, and whether it is to be derived instead, because no flag sets it.
func (c *diffCommand) tolerance() (t compare.Tolerance, derive bool) {
	t = compare.DefaultTolerance()
	if c.Atol != nil {
		t.Absolute = *c.Atol
	}
	if c.Rtol != nil {
		t.Relative = *c.Rtol
	}
	return t, c.Atol == nil && c.Rtol == nil
}

// diff is a comparison in progress.
type diff struct {
	command *diffCommand
	out     *output

	a, b     side
	graphs   map[string]*graph // the graphs that were read, keyed by path
	feeds    compare.Tensors
	outputs  []string          // the outputs to compare; nil for those of the model
	many     []compare.Tensors // for each run, the inputs that are given as many files
	drawn    *compare.Plan     // the graph that the report draws
	recorder *compare.Recorder
	rewrites bool // whether TensorFlow rewrites the graph before it runs it
	notes    []string
}

// open opens both sides, and reads the inputs or generates random ones.
func (d *diff) open(ctx context.Context) error {
	c := d.command
	expected, err := readTensors("--expect", c.Expect)
	if err != nil {
		return err
	}
	d.outputs = c.Output
	spec, err := c.right(len(expected) > 0)
	if err != nil {
		return err
	}
	if len(expected) > 0 {
		d.outputs = slices.Sorted(maps.Keys(expected))
		full := compare.Tensors{}
		for name, t := range expected {
			full[compare.FullName(name)] = t
		}
		r := &compare.Recorded{Title: "the expected arrays", Results: full}
		d.b.Side = compare.Side{Name: r.Title, Runner: r}
	} else if spec != "" {
		if err := d.openRight(ctx, spec); err != nil {
			return err
		}
	}
	if err := d.openLeft(ctx); err != nil {
		return err
	}
	if c.Record != "" {
		kept := &d.b.Side
		if kept.Runner == nil {
			kept = &d.a.Side
		}
		d.recorder = &compare.Recorder{Title: kept.Name, Runner: kept.Runner}
		kept.Runner = d.recorder
	}
	return nil
}

// right returns the right side that the flags specify, as a SIDE; "" if there is none.
func (c *diffCommand) right(expected bool) (spec string, err error) {
	var given []string
	for flag, set := range map[string]bool{
		"--expect": expected, "--against": c.Against != "", "--tensorflow": c.TensorFlow, "--b": c.B != "",
		"--float": c.Float != "",
	} {
		if set {
			given = append(given, flag)
		}
	}
	if len(given) == 0 && c.Python != "" {
		given = append(given, "--python")
	}
	slices.Sort(given)
	switch {
	case len(given) > 1:
		return "", fmt.Errorf("got %s: want one of them", strings.Join(given, " and "))
	case len(given) == 0 && c.Record == "":
		return "", errors.New("nothing to compare with: give --tensorflow, --against DIR, --b SIDE, " +
			"--float FILE, or --expect NAME=FILE[:KEY]")
	case expected && c.Nodes:
		return "", errors.New("--nodes: --expect names the tensors to compare")
	case !c.Nodes && (c.Alone || c.Reduce != ""):
		return "", errors.New("--alone and --reduce: want --nodes, too")
	case c.Against != "":
		return "recorded=" + c.Against, nil
	case c.B != "":
		return c.B, nil
	case len(given) == 0 || expected:
		return "", nil
	case c.Float != "":
		return "model=" + c.Float, nil
	}
	return "tensorflow", nil
}

// compare compares the two sides.
func (d *diff) compare(ctx context.Context) (*compare.Comparison, *compare.Report, error) {
	plan, err := d.plan()
	if err != nil {
		return nil, nil, err
	}
	d.drawn = plan
	if d.rewrites {
		d.warnOfLayerNorms(plan)
	}
	tolerance, derive := d.command.tolerance()
	c := &compare.Comparison{
		Got: d.a.Side, Want: d.b.Side, Plan: plan, Tolerance: tolerance, Derive: derive,
		Samples: d.command.HTML != "", All: d.command.Alone, FailFast: d.command.FailFast, Progress: d.out.progress(),
	}
	var labels *core.Tensor
	if d.command.Labels != "" {
		if labels, err = loadArray(d.command.Labels); err != nil {
			return nil, nil, fmt.Errorf("--labels: %w", err)
		}
	}
	report, err := d.each(ctx, func() (r *compare.Report, err error) {
		c.Feeds = d.feeds
		if d.command.Nodes {
			r, err = c.Nodes(ctx)
		} else {
			r, err = c.Outputs(ctx, plan.Sorted(d.wanted()))
		}
		if err == nil && labels != nil {
			r.Answers, labels, err = d.answers(ctx, labels)
		}
		return r, err
	})
	return c, report, err
}

// warnOfLayerNorms warns of LayerNorms that TensorFlow's remapper computes differently from the graph.
func (d *diff) warnOfLayerNorms(plan *compare.Plan) {
	list := plan.RemappedLayerNorms()
	if len(list) == 0 {
		return
	}
	more := ""
	if len(list) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(list)-1)
	}
	d.warn(fmt.Sprintf("TensorFlow's remapper computes the LayerNorm of node %q%s with an epsilon of 0.001, where the "+
		"graph says %g: leave out grappler", list[0].Node, more, list[0].Epsilon))
}

// wanted returns the outputs to compare.
func (d *diff) wanted() []string {
	if len(d.outputs) > 0 {
		return d.outputs
	}
	var outputs []string
	for _, p := range d.a.Runner.Outputs() {
		outputs = append(outputs, p.Name)
	}
	return outputs
}

// reduce writes the excerpt of the graph that --reduce asks for.
func (d *diff) reduce(ctx context.Context, c *compare.Comparison, r *compare.Report) error {
	x, err := c.Reduce(ctx, r)
	if err != nil {
		return err
	}
	if err := x.WriteDir(d.command.Reduce); err != nil {
		return err
	}
	if !d.command.JSON {
		fmt.Fprintf(d.out.out, "%s: node %q and %d edges in front of it; tf2ng diff %s --against %s shows the difference\n",
			d.command.Reduce, x.Node, x.Reach, filepath.Join(d.command.Reduce, "graph.pb"), d.command.Reduce)
	}
	return nil
}

// plan returns the order in which tensors are compared.
func (d *diff) plan() (*compare.Plan, error) {
	if d.a.graph != nil {
		return compare.PlanParsed(d.a.graph.data, d.a.graph.parsed)
	}
	if d.a.model != nil {
		return compare.PlanFunction(d.a.model.Function()), nil
	}
	g, err := d.read(d.command.Model)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, fmt.Errorf("%s: want a GraphDef, which tells the order of the tensors of both sides", d.command.Model)
	}
	return compare.PlanParsed(g.data, g.parsed)
}

// keep runs the model without comparing it with anything, for --record.
func (d *diff) keep(ctx context.Context) error {
	plan, err := d.plan()
	if err != nil {
		return err
	}
	c := &compare.Comparison{Got: d.a.Side, Want: d.a.Side, Plan: plan, Feeds: d.feeds, Progress: d.out.progress()}
	if d.command.Nodes {
		_, err = c.Nodes(ctx)
	} else {
		_, err = d.a.Runner.Run(ctx, d.feeds, d.wanted())
	}
	if err != nil {
		return err
	}
	return d.record()
}

// record writes the recording that --record asks for.
func (d *diff) record() error {
	if d.recorder == nil {
		return nil
	}
	r := d.recorder.Recording()
	if err := r.WriteDir(d.command.Record); err != nil {
		return fmt.Errorf("--record: %w", err)
	}
	if !d.command.JSON {
		tensors := "tensors"
		if len(r.Results) == 1 {
			tensors = "tensor"
		}
		fmt.Fprintf(d.out.out, "%s: %d %s of %s\n", d.command.Record, len(r.Results), tensors, r.Title)
	}
	return nil
}

// print prints a report.
func (d *diff) print(r *compare.Report) error {
	r.Notes = d.notes
	if d.command.HTML != "" {
		if _, err := writeFile(d.command.HTML, func(w io.Writer) error { return r.WriteHTML(w, d.drawn) }); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
		for i := range r.Tensors {
			r.Tensors[i].Samples = nil
		}
	}
	if d.command.JSON {
		return printJSON(d.out.out, r)
	}
	for _, n := range d.notes {
		fmt.Fprintln(d.out.out, n)
	}
	return r.WriteTable(d.out.out, compare.TextOptions{Colour: isTerminal(d.out.out), Differing: d.command.Brief})
}

func (d *diff) close() error {
	var errs []error
	for _, s := range []*side{&d.a, &d.b} {
		for _, c := range s.closers {
			errs = append(errs, c())
		}
	}
	return errors.Join(errs...)
}
