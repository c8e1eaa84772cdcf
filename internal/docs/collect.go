package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/peers"
)

// collection has the data for all pages.
type collection struct {
	ops    map[string]*op
	peers  *peers.Table
	models []model
	cases  int
}

// op is what is known about a TensorFlow op.
type op struct {
	name      string
	supported bool
	info      tf.OpInfo      // set if the op is supported
	why       string         // why the op is not supported
	attrs     []string       // the attributes that specify a type
	fixed     []string       // the types that the signature fixes, if there are no such attributes
	groups    map[string]int // how many recorded graphs have the op, by group
	refused   int            // how many recorded graphs TensorFlow refuses
	models    int            // how many models of testdata contain the op
	became    tf.OpSummary
	types     map[string][]string // by attribute: types in the recorded graphs and models that are translated
	kernels   *kernels
	peer      peers.Op
	known     bool // whether peer was measured
	onnx      exported
}

func (o *op) quantized() bool { return tf.IsQuantized(o.name) }

// model is a model of testdata.
type model struct {
	name      string
	quantized bool // whether it has ops of the quantized family
}

// golden is a case of testdata/goldens.
type golden struct {
	Group   string `json:"group"`
	Op      string `json:"op"`
	PB      string `json:"pb"`
	Fetches []struct {
		Tensor string `json:"tensor"`
	} `json:"fetches"`
	Refused bool `json:"expected_error"`
}

func (g *golden) outputs() []string {
	var names []string
	for _, f := range g.Fetches {
		names = append(names, f.Tensor)
	}
	return names
}

// collect gathers the data from the files below the module's root.
func collect(root string) (*collection, error) {
	table, err := peers.Load()
	if err != nil {
		return nil, err
	}
	c := &collection{ops: map[string]*op{}, peers: table}
	c.names()
	if err := c.goldens(filepath.Join(root, "testdata", "goldens")); err != nil {
		return nil, err
	}
	if err := c.graphs(filepath.Join(root, "testdata", "graphdefs")); err != nil {
		return nil, err
	}
	return c, c.minimal()
}

// minimal translates minimal graphs of the supported ops that no recorded graph or model contains.
func (c *collection) minimal() error {
	for _, o := range c.ops {
		if !o.supported || o.became.Nodes > 0 || len(o.groups) > 0 || o.models > 0 {
			continue
		}
		g, err := minimal(o.info)
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		if f, err := tf.Translate(g, tf.Options{Outputs: []string{"op"}}); err == nil {
			if b := tf.Origins(f)[o.name]; b != nil {
				o.became.Add(b)
			}
		}
	}
	return nil
}

// names creates the ops: those that are supported, those that are refused for a known reason, and those of
// TensorFlow's quantized family.
func (c *collection) names() {
	for _, s := range tf.Supported() {
		o := c.add(s.Name)
		o.supported = true
		o.info, o.attrs, o.fixed = s, typeAttributes(s), fixedTypes(s)
	}
	for _, u := range tf.Unsupported() {
		if tf.IsQuantized(u.Op) {
			c.add(u.Op).why = u.Why
		}
	}
	for name := range c.peers.Ops {
		if tf.IsQuantized(name) && c.ops[name] == nil {
			c.add(name)
		}
	}
}

func (c *collection) add(name string) *op {
	o := &op{name: name, groups: map[string]int{}, types: map[string][]string{}}
	o.peer, o.known = c.peers.Ops[name]
	c.ops[name] = o
	return o
}

// typeAttributes lists the attributes of an op that specify a type, in the order of its signature.
func typeAttributes(s tf.OpInfo) []string {
	var attrs []string
	add := func(name string) {
		if !slices.Contains(attrs, name) {
			attrs = append(attrs, name)
		}
	}
	for _, port := range slices.Concat(s.Inputs, s.Outputs) {
		if name := attribute(port); name != "" {
			add(name)
		}
	}
	for _, row := range s.Kernels {
		for _, name := range slices.Sorted(maps.Keys(row)) {
			add(name)
		}
	}
	return attrs
}

// fixedTypes lists the types of inputs and outputs that the signature of an op fixes.
func fixedTypes(s tf.OpInfo) []string {
	var types []string
	for _, port := range slices.Concat(s.Inputs, s.Outputs) {
		_, t, _ := strings.Cut(port, ":")
		if _, elem, isList := strings.Cut(t, "*"); isList {
			t = elem
		}
		if t != "" && !strings.HasPrefix(t, "[") && attribute(port) == "" && !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return types
}

// attribute returns the type attribute of a port: T for "values:N*T". It returns "" if the port has a fixed
// type or a list of types.
func attribute(port string) string {
	_, typ, _ := strings.Cut(port, ":")
	if _, elem, ok := strings.Cut(typ, "*"); ok {
		typ = elem
	}
	typ, _, _ = strings.Cut(typ, "=")
	if strings.HasPrefix(typ, "[") || typ == strings.ToLower(typ) && !strings.Contains(typ, "type") {
		return ""
	}
	return typ
}

// goldens translates the recorded graphs.
func (c *collection) goldens(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		return err
	}
	var index struct {
		Cases []*golden `json:"cases"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return err
	}
	templates := map[string][]template{}
	for _, g := range index.Cases {
		o := c.ops[g.Op]
		if o == nil {
			continue
		}
		if g.Refused {
			o.refused++
			continue
		}
		o.groups[g.Group]++
		c.cases++
		raw, err := os.ReadFile(filepath.Join(dir, g.PB))
		if err != nil {
			return err
		}
		graph, err := graphdef.Parse(raw, graphdef.Limits{})
		if err != nil {
			return fmt.Errorf("%s: %w", g.PB, err)
		}
		if f := c.translate(graph, g.outputs()); f != nil {
			o.onnx.add(f)
			templates[g.Op] = append(templates[g.Op], template{raw, g.outputs()})
		}
	}
	for name, list := range templates {
		if o := c.ops[name]; o.quantized() {
			o.kernels = takes(o.info, list)
		}
	}
	return nil
}

// graphs translates the models.
func (c *collection) graphs(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.pb"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New(dir + ": no models")
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		graph, err := graphdef.Parse(raw, graphdef.Limits{})
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if c.translate(graph, nil) == nil {
			return errors.New(file + ": is not translated")
		}
		m := model{name: strings.TrimSuffix(filepath.Base(file), ".pb")}
		seen := map[string]bool{}
		for i := range graph.Nodes {
			if o := c.ops[graph.Nodes[i].Op]; o != nil && !seen[o.name] {
				seen[o.name] = true
				o.models++
				m.quantized = m.quantized || o.quantized()
			}
		}
		c.models = append(c.models, m)
	}
	return nil
}

// translate translates a graph and records what its ops became, and their types. It returns nil if the graph
// cannot be translated.
func (c *collection) translate(g *graphdef.Graph, outputs []string) *core.Function {
	f, err := tf.Translate(g, tf.Options{Outputs: outputs})
	if err != nil {
		return nil
	}
	for name, b := range tf.Origins(f) {
		if o := c.ops[name]; o != nil {
			o.became.Add(b)
		}
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		o := c.ops[n.Op]
		if o == nil {
			continue
		}
		for _, attr := range o.attrs {
			if t, err := n.Type(attr); err == nil && !slices.Contains(o.types[attr], t.String()) {
				o.types[attr] = append(o.types[attr], t.String())
				slices.Sort(o.types[attr])
			}
		}
	}
	return f
}
