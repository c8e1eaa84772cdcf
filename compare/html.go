package compare

import (
	_ "embed"
	"encoding/json"
	"io"
	"strings"
)

// page is the template of the HTML report.
//
//go:embed report.html
var page string

// dataMark is the text in page that the report's data replace.
const dataMark = "/*DATA*/null"

// drawn is a node of the graph as the page draws it.
type drawn struct {
	Name  string   `json:"name"`
	Op    string   `json:"op"`
	Reads []string `json:"reads,omitempty"` // nodes
}

// WriteHTML writes the report as one self-contained HTML page: a sortable table, the graph with its nodes
// coloured by how much they differ, and for each tensor a histogram and a scatter plot, if
// Comparison.Samples was set. If p is nil, the page has no graph.
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
