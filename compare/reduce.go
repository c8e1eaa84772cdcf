package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// maxReach is how many edges before the node that differs an excerpt may begin at most.
const maxReach = 64

// Reduction is the smallest excerpt of a graph that still shows a difference.
type Reduction struct {
	Node   string // the node that differs
	Reach  int    // the excerpt has the nodes that are at most this many edges before Node
	Graph  []byte // a binary GraphDef
	Feeds  Tensors
	Want   *Recorded // Want's values of the node's outputs
	Report *Report   // the comparison of the excerpt
}

// Reduce cuts the graph down around a node that differs. r is the result of Nodes; the node is that of the
// first tensor whose Fault is Own, or else of the first that diverges. The inputs of the excerpt are Want's
// values in the whole graph. The wanted outputs are those of Want's Engine running the excerpt, or, if Want
// has no Engine, Want's values in the whole graph.
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
			break // no further nodes come before it
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

// reduced makes an excerpt of the nodes in near, and checks that it shows the difference of a tensor. The
// error is errAgrees if it does not.
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

// outputsOf returns those tensors of a node that both sides have.
func (c *Comparison) outputsOf(node string) []string {
	return slices.DeleteFunc(c.Shared(), func(t string) bool { return NodeOf(t) != node || c.wanted[t] == nil })
}

// near returns a node, and the nodes from which it can be reached over at most so many edges.
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

// The file of an excerpt's graph, next to the files of a recording.
const reducedGraph = "graph.pb"

// WriteDir writes the excerpt to a directory: graph.pb, and a recording of its inputs and wanted outputs.
// "tf2ng diff DIR/graph.pb --against DIR" then shows the difference.
func (x *Reduction) WriteDir(dir string) error {
	if err := x.Want.WriteDir(dir); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, reducedGraph), x.Graph, 0o644)
}
