package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/compare/tensorflow"
)

// side is a side of a comparison, and what it was opened from.
type side struct {
	compare.Side
	model   *tf2ng.Model // nil if the side is not run by tf2ng
	graph   *graph       // nil if the side was not opened from a GraphDef
	closers []func() error
}

// settings are the settings in a SIDE, keyed by name. Some, such as "tensorflow", have no value.
type settings map[string]string

// sideSettings lists the settings that a SIDE may have.
func sideSettings() []string {
	return []string{
		"tensorflow", "live", "python", "grappler", "recorded", "model", "engine", "threads", "tf-version", "qdq-fusion",
	}
}

func parseSide(flag, spec string) (settings, error) {
	s := settings{}
	for part := range strings.SplitSeq(spec, ",") {
		name, value, _ := strings.Cut(part, "=")
		if !slices.Contains(sideSettings(), name) {
			return nil, fmt.Errorf("%s %q: no setting %q, want one of %s", flag, spec, name, strings.Join(sideSettings(), ", "))
		}
		s[name] = value
	}
	return s, nil
}

func (s settings) has(name string) bool {
	_, ok := s[name]
	return ok
}

// isTensorFlow reports whether a SIDE is real TensorFlow.
func (s settings) isTensorFlow() bool { return s.has("tensorflow") || s.has("python") }

// openRight opens the right side, with which the left one is compared.
func (d *diff) openRight(ctx context.Context, spec string) error {
	s, err := parseSide("--b", spec)
	if err != nil {
		return err
	}
	d.b, err = d.openSide(ctx, "--b", s)
	if err != nil {
		return err
	}
	if r, ok := d.b.Runner.(*compare.Recorded); ok {
		d.feeds = r.Feeds
	}
	return nil
}

// openLeft opens the left side, the one that is judged, and reads the inputs or generates random ones.
func (d *diff) openLeft(ctx context.Context) error {
	s := settings{}
	if d.command.A != "" {
		var err error
		if s, err = parseSide("--a", d.command.A); err != nil {
			return err
		}
	}
	var err error
	if d.a, err = d.openSide(ctx, "--a", s); err != nil {
		return err
	}
	if d.a.model != nil || d.b.model != nil || d.command.Random == nil && len(d.command.Input) == 0 {
		return nil
	}
	r := d.command.runFlags // neither side knows the types and shapes of the inputs, so the model is loaded
	m, err := d.load(&r)
	if err != nil {
		return err
	}
	return m.Close()
}

func (d *diff) openSide(ctx context.Context, flag string, s settings) (side, error) {
	switch {
	case s.isTensorFlow():
		return d.openTensorFlow(ctx, s)
	case s.has("live"):
		return d.openLive(ctx, s)
	case s.has("recorded"):
		r, err := compare.ReadDir(s["recorded"])
		if err != nil {
			return side{}, err
		}
		return side{Side: compare.Side{Name: r.Title, Runner: r}}, nil
	}
	return d.openModel(flag, s)
}

// liveEngine makes an engine from the TensorFlow library that is linked into this program; nil if none is.
var liveEngine func(optimize bool) versioned

// versioned is an engine of TensorFlow, which has a version.
type versioned interface {
	compare.Engine
	Version() string
}

// openLive loads the GraphDef into the TensorFlow library.
func (d *diff) openLive(ctx context.Context, s settings) (side, error) {
	if liveEngine == nil {
		return side{}, errors.New("live: this tf2ng was built without TensorFlow's library: build it with -tags " +
			"tensorflow, or use --tensorflow")
	}
	if savedModelDir(d.command.Model) != "" {
		return side{}, fmt.Errorf("live: %s: SavedModels are run by --tensorflow", d.command.Model)
	}
	g, err := d.forTensorFlow()
	if err != nil {
		return side{}, err
	}
	d.rewrites = d.rewrites || d.command.Optimize || s.has("grappler")
	e := liveEngine(d.command.Optimize || s.has("grappler"))
	d.follow(e.Version())
	r, err := e.Open(ctx, g.data)
	if err != nil {
		return side{}, err
	}
	opened := side{
		Side: compare.Side{Name: e.Name(), Engine: e}, graph: g,
		closers: []func() error{func() error { return compare.Close(r) }},
	}
	opened.Runner, err = d.withConstants(ctx, r)
	return opened, err
}

// forTensorFlow returns the model's GraphDef, which TensorFlow can load.
func (d *diff) forTensorFlow() (*graph, error) {
	g, err := d.read(d.command.Model)
	if err != nil {
		return nil, err
	}
	if g == nil {
		m, err := d.command.modelFlags.load() // its error says best what is wrong with the file
		if err != nil {
			return nil, err
		}
		return nil, errors.Join(m.Close(), fmt.Errorf("%s: TensorFlow reads GraphDefs (.pb, .pbtxt) and SavedModels: name "+
			"what it was converted from, and the .ng file as --a model=FILE.ng", d.command.Model))
	}
	d.command.graph = g.parsed
	return g, nil
}

// openTensorFlow starts TensorFlow and loads the model.
func (d *diff) openTensorFlow(ctx context.Context, s settings) (side, error) {
	dir := savedModelDir(d.command.Model)
	var g *graph
	if dir == "" {
		var err error
		if g, err = d.forTensorFlow(); err != nil {
			return side{}, err
		}
	}
	python := s["python"]
	if python == "" {
		python = d.command.Python
	}
	e, err := tensorflow.Start(ctx, tensorflow.Options{
		Python: python, TimeLimit: d.command.TimeLimit, Optimize: d.command.Optimize || s.has("grappler"),
	})
	if err != nil {
		return side{}, err
	}
	d.rewrites = d.rewrites || d.command.Optimize || s.has("grappler")
	opened := side{Side: compare.Side{Name: e.Name(), Engine: e}, graph: g, closers: []func() error{e.Close}}
	d.notes = append(d.notes, e.Describe())
	for _, w := range e.Warnings() {
		d.warn(w)
	}
	d.follow(e.Version())
	if dir != "" {
		return opened, d.openSavedModel(ctx, e, dir, &opened)
	}
	r, err := e.Open(ctx, g.data)
	if err != nil {
		return opened, err
	}
	opened.Runner, err = d.withConstants(ctx, r)
	return opened, err
}

// fixed is a Runner of TensorFlow that also feeds the placeholders that --set makes constants.
type fixed struct {
	tensorFlowRunner
	constants compare.Tensors
}

// tensorFlowRunner has the methods that all Runners of TensorFlow have.
type tensorFlowRunner interface {
	compare.Runner
	compare.Lister
	TensorTypes() map[string]int32
	Close() error
}

// Run runs the graph with the given feeds and the constants.
func (f *fixed) Run(ctx context.Context, feeds compare.Tensors, fetches []string) (compare.Tensors, error) {
	all := maps.Clone(f.constants)
	maps.Copy(all, feeds)
	return f.tensorFlowRunner.Run(ctx, all, fetches)
}

// withConstants returns a Runner that also feeds the values of --set.
func (d *diff) withConstants(ctx context.Context, r compare.Runner) (compare.Runner, error) {
	inner, ok := r.(tensorFlowRunner)
	if len(d.command.Set) == 0 || !ok {
		return r, nil
	}
	var names []string
	for _, s := range d.command.Set {
		name, _, _ := strings.Cut(s, "=")
		names = append(names, compare.FullName(name))
	}
	m, err := d.command.modelFlags.load(tf2ng.WithOutputs(names...)) // so that the constants have the right types
	if err != nil {
		return nil, err
	}
	defer m.Close()
	constants, err := m.Run(ctx, nil)
	return &fixed{inner, constants}, err
}

// warn prints a warning, and adds it to the notes of the report.
func (d *diff) warn(text string) {
	d.notes = append(d.notes, "warning: "+text)
	fmt.Fprintln(d.out.err, "warning: "+text)
}

// follow makes the model follow the arithmetic of the TensorFlow version that it is compared with, unless
// the user has chosen another version.
func (d *diff) follow(version string) {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	short := major + "." + minor
	switch chosen := d.command.TFVersion; {
	case chosen != "" && chosen != short:
		d.warn(fmt.Sprintf("TensorFlow is %s, but the model follows %s (--tf-version)", version, chosen))
	case chosen == "":
		if _, err := tf.VersionName(short); err != nil {
			d.warn(fmt.Sprintf("TensorFlow is %s, whose arithmetic this program does not know: it follows 2.21", version))
			short = "2.21"
		}
		d.command.follows = short
	}
}

// openModel loads a model for tf2ng's own engines.
func (d *diff) openModel(flag string, s settings) (side, error) {
	r := d.command.runFlags // a copy
	name := "tf2ng"
	if err := r.change(s); err != nil {
		return side{}, fmt.Errorf("%s: %w", flag, err)
	}
	g, err := d.read(r.Model)
	if err != nil {
		return side{}, err
	}
	r.graph = nil
	if g != nil {
		r.graph = g.parsed
	}
	if (g != nil || savedModelDir(r.Model) != "") && r.TFVersion == "" {
		r.TFVersion = d.command.follows
	}
	var changes []string
	for _, key := range sideSettings() {
		if s.has(key) {
			changes = append(changes, key+"="+s[key])
		}
	}
	if len(changes) > 0 {
		name += " with " + strings.Join(changes, ", ")
	}
	m, err := d.load(&r)
	if err != nil {
		return side{}, err
	}
	opened := side{model: m, graph: g, closers: []func() error{m.Close}}
	opened.Side = compare.Side{Name: name, Runner: m.Runner(), Engine: &modelEngine{name: name, flags: &r}}
	d.out.warn(m)
	return opened, nil
}

// load loads a model and reads the given inputs. With --random, it generates the others.
func (d *diff) load(r *runFlags) (*tf2ng.Model, error) {
	var shapes []tf2ng.Option
	for _, s := range d.command.Shape {
		spec, err := tf.ParseInputSpec(s)
		if err != nil {
			return nil, fmt.Errorf("--shape %q: %w", s, err)
		}
		shapes = append(shapes, tf2ng.WithInputs(spec))
	}
	single, several, err := inputFiles(r.Input)
	if err != nil {
		return nil, err
	}
	r.Input = single
	m, given, err := r.start(d.outputs, shapes...)
	if err != nil {
		return nil, err
	}
	if len(several) > 0 && d.many == nil {
		if d.many, err = d.sets(m, several); err != nil {
			return nil, err
		}
	}
	feeds := compare.Tensors{}
	for name, t := range d.feeds { // from a recording, or from the other side
		if hasInput(m, name) {
			feeds[compare.NodeOf(name)] = t
		}
	}
	for name, t := range given {
		if node, ok := strings.CutSuffix(name, ":0"); ok {
			name = node
		}
		feeds[name] = t
	}
	if len(d.many) > 0 {
		maps.Copy(feeds, d.many[0]) // only their shapes matter here: each run has its own inputs
	}
	if d.command.Random != nil {
		if err := drawInputs(m, *d.command.Random, d.command.Batch, feeds); err != nil {
			return nil, err
		}
	}
	d.feeds = feeds
	return m, nil
}

// change applies the settings of a SIDE to the flags.
func (r *runFlags) change(s settings) error {
	if s.has("model") {
		r.Model = s["model"]
	}
	if s.has("engine") {
		r.Engine = s["engine"]
	}
	if s.has("tf-version") {
		r.TFVersion = s["tf-version"]
	}
	if s.has("qdq-fusion") {
		r.QDQ = s["qdq-fusion"] != "no"
	}
	if s.has("threads") {
		n, err := strconv.Atoi(s["threads"])
		if err != nil {
			return fmt.Errorf("threads: got %q, want a number", s["threads"])
		}
		r.Threads = n
	}
	return nil
}

// modelEngine is an engine that loads excerpts of the model's graph with the settings of the model.
type modelEngine struct {
	name  string
	flags *runFlags
}

// Name returns the name of the side.
func (e *modelEngine) Name() string { return e.name }

// Open loads a GraphDef.
func (e *modelEngine) Open(_ context.Context, graph []byte) (compare.Runner, error) {
	opts, err := e.flags.options()
	if err != nil {
		return nil, err
	}
	if e.flags.TFVersion != "" {
		opts = append(opts, tf2ng.WithTFVersion(e.flags.TFVersion))
	}
	m, err := tf2ng.LoadBytes(graph, opts...)
	if err != nil {
		return nil, err
	}
	return m.Runner(), nil
}
