package tf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// tensorName is the name of one output of a node.
type tensorName struct {
	node string
	port int
}

// String writes the full name, "x:0".
func (t tensorName) String() string { return t.node + ":" + strconv.Itoa(t.port) }

// parseTensorName reads "x" or "x:1".
func parseTensorName(s string) (tensorName, error) {
	name, digits, more := strings.Cut(s, ":")
	t := tensorName{node: name}
	if more {
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || n < 0 {
			return t, fmt.Errorf("tensor %q: want NAME or NAME:PORT", s)
		}
		t.port = int(n)
	}
	if name == "" || strings.HasPrefix(name, "^") {
		return t, fmt.Errorf("tensor %q: want NAME or NAME:PORT", s)
	}
	return t, nil
}

// find parses a tensor's name and checks that the graph has its node.
func find(g *graphdef.Graph, kind, s string) (tensorName, *graphdef.Node, error) {
	t, err := parseTensorName(s)
	if err != nil {
		return t, nil, fmt.Errorf("%s: %w", kind, err)
	}
	n, ok := g.Lookup(t.node)
	if !ok {
		return t, nil, &noNodeError{kind: kind, tensor: s, node: t.node, hint: similar(g, t.node)}
	}
	return t, n, nil
}

// similar returns a hint at a node whose name ends like the one that was asked for.
func similar(g *graphdef.Graph, name string) string {
	last := name[strings.LastIndex(name, "/")+1:]
	for i := range g.Nodes {
		if n := g.Nodes[i].Name; strings.EqualFold(n, name) || last != "" && strings.HasSuffix(n, "/"+last) {
			return fmt.Sprintf(" (did you mean %q?)", n)
		}
	}
	return ""
}
