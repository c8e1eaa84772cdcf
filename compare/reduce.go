package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// maxReach bounds how many nodes in front of a node that differs an excerpt may have.
const maxReach = 64

// Reduction is the smallest excerpt of a graph that still shows a difference.
type Reduction struct {
	Node   string // that differs
	Reach  int    // of how many nodes, at most, on the way to an input the excerpt consists beside it
	Graph  []byte // a binary GraphDef
	Feeds  Tensors
	Want   *Recorded // what the right side has for the node's outputs
	Report *Report   // of the excerpt
}

// Reduce cuts the graph down around the first tensor of a Report of Nodes that differs, one that does
// so of itself if there is any. The excerpt has Want's values for inputs. If Want has an Engine, it has
// run the excerpt; else what it gave for the whole graph is taken.
func (c *Comparison) Reduce(ctx context.Context, r *Report) (*Reduction, error) {
	t := r.first()
	switch {
	case t == nil:
		return nil, errors.New("nothing diverges")
	case c.Plan.graph == nil:
		return nil, errors.New("an excerpt is taken of a GraphDef, and there is none")
	case c.Got.Engine == nil || c.wanted == nil:
		return nil, errors.New("the side that is judged cannot run an excerpt")
	}
	var last error
	node := NodeOf(t.Name)
	for reach, size := 0, 0; reach <= maxReach; reach++ {
		near := c.Plan.near(node, reach)
		if len(near) == size {
			break // there is nothing more in front of it
		}
		size = len(near)
		x, err := c.reduced(ctx, t, near)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			x.Reach = reach
			return x, nil
		}
		last = err
	}
	return nil, fmt.Errorf("node %q: no excerpt of the graph shows the difference; the last: %w", node, last)
}

// errAgrees says that an excerpt does not show a difference.
var errAgrees = errors.New("both sides agree")

// reduced makes an excerpt of some nodes and tries whether it shows the difference of a tensor.
func (c *Comparison) reduced(ctx context.Context, t *Tensor, near map[string]bool) (*Reduction, error) {
	a := apart{c: c, want: c.wanted, types: c.types()}
	node := NodeOf(t.Name)
	graph, inputs, err := c.Plan.graph.Of([]string{node}, func(tensor string) bool { return near[NodeOf(tensor)] }, a.fed)
	if err != nil {
		return nil, err
	}
	x := &Reduction{Node: node, Graph: graph, Feeds: a.feeds(inputs)}
	want := Side{Name: c.Want.Name, Runner: &Recorded{Title: c.Want.Name, Results: a.want}, Engine: c.Want.Engine}
	if want.Engine != nil {
		if want.Runner, err = want.Engine.Open(ctx, graph); err != nil {
			return nil, err
		}
		defer Close(want.Runner) //nolint:errcheck // it is read only
	}
	got := Side{Name: c.Got.Name, Engine: c.Got.Engine}
	if got.Runner, err = got.Engine.Open(ctx, graph); err != nil {
		return nil, err
	}
	defer Close(got.Runner) //nolint:errcheck // it is read only
	kept := &Recorder{Title: want.Name, Runner: want.Runner}
	want.Runner = kept
	excerpt := &Comparison{
		Got: got, Want: want, Plan: c.Plan, Feeds: x.Feeds, Tolerance: c.Tolerance, Derive: c.Derive,
	}
	if x.Report, err = excerpt.Outputs(ctx, c.outputsOf(node)); err != nil {
		return nil, err
	}
	if !x.Report.Complete() {
		return nil, errors.New(x.Report.Gaps[0].Why)
	}
	if x.Report.Pass {
		return nil, errAgrees
	}
	x.Want = kept.Recording()
	x.Want.Feeds, x.Want.Ports = x.Feeds, nil
	return x, nil
}

// outputsOf returns the tensors of a node that both sides have.
func (c *Comparison) outputsOf(node string) []string {
	return slices.DeleteFunc(c.Shared(), func(t string) bool { return NodeOf(t) != node || c.wanted[t] == nil })
}

// near returns the nodes from which a node can be reached by so many edges, and itself.
func (p *Plan) near(node string, edges int) map[string]bool {
	found := map[string]bool{node: true}
	front := []string{node}
	for range edges {
		var next []string
		for _, n := range front {
			i, ok := p.at[n]
			if !ok {
				continue
			}
			for _, t := range p.nodes[i].reads {
				if in := NodeOf(t); !found[in] && p.has(in) {
					found[in] = true
					next = append(next, in)
				}
			}
		}
		front = next
	}
	return found
}

func (p *Plan) has(node string) bool {
	_, ok := p.at[node]
	return ok
}

// The file of an excerpt's graph, beside those of a recording.
const reducedGraph = "graph.pb"

// WriteDir writes the excerpt to a directory: graph.pb, and a recording of inputs and of what is right,
// so that "tf2ng diff DIR/graph.pb --against DIR" shows the difference.
func (x *Reduction) WriteDir(dir string) error {
	if err := x.Want.WriteDir(dir); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, reducedGraph), x.Graph, 0o644)
}
