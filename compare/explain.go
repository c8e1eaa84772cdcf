package compare

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/compare/internal/excerpt"
)

// Became is one of the core nodes that a TensorFlow node was translated to.
type Became struct {
	Node    string `json:"node"`
	Op      string `json:"op"`
	Builder string `json:"builder,omitempty"` // the function of package builders that made the node
	Kernel  string `json:"kernel,omitempty"`  // the kernel that computes the node; "" if fused into another node
}

// Explainer is a Runner that knows what TensorFlow's nodes were translated to.
type Explainer interface {
	Explain(node string, feeds Tensors) ([]Became, error)
}

// Explanation describes the first node that diverges.
type Explanation struct {
	Node       string      `json:"node"`
	Op         string      `json:"op"`
	Fault      Fault       `json:"fault,omitempty"`
	Inputs     []Read      `json:"inputs,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty"`
	Became     []Became    `json:"became,omitempty"`
}

// Read is an input of a node.
type Read struct {
	Tensor  string `json:"tensor"`
	Op      string `json:"op,omitempty"`
	Verdict string `json:"verdict"` // equal, same, DIFFERS, constant, input, or not compared
}

// Attribute is an attribute of a node, with its value as text.
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// first returns the tensor to explain: the first whose own node is at fault, or else the first that
// diverges; nil if none does.
func (r *Report) first() *Tensor {
	var first *Tensor
	for i := range r.Tensors {
		switch t := &r.Tensors[i]; {
		case t.Fault == Own:
			return t
		case first == nil && !t.Within():
			first = t
		}
	}
	return first
}

// explain sets r.First.
func (c *Comparison) explain(ctx context.Context, r *Report) error {
	t := r.first()
	if t == nil {
		return nil
	}
	node := NodeOf(t.Name)
	e := &Explanation{Node: node, Op: t.Op, Fault: t.Fault}
	r.First = e
	if x, ok := c.Got.Runner.(Explainer); ok {
		var err error
		if e.Became, err = x.Explain(node, c.Feeds); err != nil && ctx.Err() == nil {
			return err
		}
	}
	if c.Plan.graph == nil {
		return nil
	}
	n, ok := c.Plan.graph.Lookup(node)
	if !ok {
		return nil
	}
	for _, in := range n.DataInputs() {
		tensor := excerpt.Tensor(in)
		producer, _ := c.Plan.graph.Lookup(in.Node)
		e.Inputs = append(e.Inputs, Read{Tensor: tensor, Op: producer.Op, Verdict: c.verdictOf(r, tensor)})
	}
	for _, name := range n.Attributes() {
		if value := attribute(n, name); value != "" {
			e.Attributes = append(e.Attributes, Attribute{name, value})
		}
	}
	return nil
}

func (c *Comparison) verdictOf(r *Report, tensor string) string {
	if i := slices.IndexFunc(r.Tensors, func(t Tensor) bool { return t.Name == tensor }); i >= 0 {
		return r.Tensors[i].verdict()
	}
	if c.Plan.graph.Constant(NodeOf(tensor)) {
		return "constant"
	}
	if _, fed := c.Feeds[NodeOf(tensor)]; fed {
		return "input"
	}
	return "not compared"
}

// attribute formats an attribute's value; "" for tensors, functions and values that cannot be read.
func attribute(n *graphdef.Node, name string) string {
	kind, err := n.Kind(name)
	if err != nil {
		return ""
	}
	var value any
	switch kind {
	case graphdef.KindString:
		value, err = n.Str(name)
	case graphdef.KindInt:
		value, err = n.Int(name)
	case graphdef.KindFloat:
		value, err = n.Float(name)
	case graphdef.KindBool:
		value, err = n.Bool(name)
	case graphdef.KindType:
		value, err = n.Type(name)
	case graphdef.KindShape:
		value, err = n.Shape(name)
	case graphdef.ListString:
		value, err = n.Strs(name)
	case graphdef.ListInt:
		value, err = n.Ints(name)
	case graphdef.ListFloat:
		value, err = n.Floats(name)
	case graphdef.ListBool:
		value, err = n.Bools(name)
	case graphdef.ListType:
		value, err = n.Types(name)
	default:
		return ""
	}
	if err != nil {
		return ""
	}
	return fmt.Sprint(value)
}

// write writes the explanation as text.
func (e *Explanation) write(w io.Writer) {
	fmt.Fprintf(w, "%s%s\n", e.Node, inBrackets(e.Op))
	for _, in := range e.Inputs {
		fmt.Fprintf(w, "  reads    %s%s: %s\n", in.Tensor, inBrackets(in.Op), in.Verdict)
	}
	for _, a := range e.Attributes {
		fmt.Fprintf(w, "  has      %s = %s\n", a.Name, a.Value)
	}
	for _, b := range e.Became {
		fmt.Fprintf(w, "  became   %s", b.Op)
		if b.Builder != "" {
			fmt.Fprintf(w, " by %s", b.Builder)
		}
		if b.Kernel == "" {
			fmt.Fprintln(w, ", folded or part of another step")
			continue
		}
		fmt.Fprintf(w, ", computed by %s\n", b.Kernel)
	}
}
