package compare

import (
	_ "embed"
	"encoding/json"
	"io"
	"strings"
)

// page is the report for browsers, into which the data are put.
//
//go:embed report.html
var page string

// dataMark is where the data go in page.
const dataMark = "/*DATA*/null"

// drawn is a node of the graph for the page.
type drawn struct {
	Name  string   `json:"name"`
	Op    string   `json:"op"`
	Reads []string `json:"reads,omitempty"` // nodes
}

// WriteHTML writes the report as one page that needs nothing else: a table that can be sorted, the graph
// with its nodes coloured by how they differ, and of each tensor a histogram and a scatter plot, if the
// Comparison kept Samples. p may be nil: there is no graph then.
func (r *Report) WriteHTML(w io.Writer, p *Plan) error {
	nodes := []drawn{}
	if p != nil {
		for i := range p.nodes {
			n := &p.nodes[i]
			d := drawn{Name: n.name, Op: n.op}
			for _, t := range n.reads {
				d.Reads = append(d.Reads, NodeOf(t))
			}
			nodes = append(nodes, d)
		}
	}
	data, err := json.Marshal(map[string]any{
		"report": r, "verdict": r.Verdict(), "nodes": nodes, "verdicts": r.verdicts(),
	})
	if err != nil {
		return err
	}
	before, after, _ := strings.Cut(page, dataMark)
	for _, part := range []string{before, string(data), after} { // Marshal escapes < and >
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) verdicts() []string {
	list := make([]string, len(r.Tensors))
	for i := range r.Tensors {
		list[i] = r.Tensors[i].verdict()
		if p := r.Tensors[i].Problem; p != "" {
			list[i] = "DIFFERS: " + p
		}
	}
	return list
}
