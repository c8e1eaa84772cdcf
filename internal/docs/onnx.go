package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/export/onnx"
)

// exported counts the translated graphs of an op that can be exported to ONNX, and has the reasons why others
// cannot.
type exported struct {
	graphs, written int
	why             map[string]int
}

// add tries to export a graph, and counts it.
func (x *exported) add(f *core.Function) {
	x.graphs++
	_, err := onnx.Export(f, onnx.Options{})
	if err == nil {
		x.written++
		return
	}
	if x.why == nil {
		x.why = map[string]int{}
	}
	var unsupported *onnx.UnsupportedError
	if errors.As(err, &unsupported) {
		r := unsupported.Reasons[0]
		x.why[r.Op+": "+r.Why]++
	} else {
		x.why[err.Error()]++
	}
}

// text returns a text such as "all 12 graphs", or "10 of 12 graphs; else Where: why".
func (x *exported) text() string {
	switch {
	case x.graphs == 0:
		return ""
	case x.written == x.graphs:
		return "all " + count(x.graphs, "graph")
	}
	why := slices.MaxFunc(slices.Sorted(maps.Keys(x.why)), func(a, b string) int { return x.why[a] - x.why[b] })
	if x.written == 0 {
		return "none; " + why
	}
	return fmt.Sprintf("%d of %s; else %s", x.written, count(x.graphs, "graph"), why)
}

// withoutONNX lists the ops of core that cannot be expressed in ONNX.
func withoutONNX(b *strings.Builder) error {
	reasons := map[string][]string{}
	written := 0
	for _, name := range core.OpNames() {
		why, err := onnx.Coverage(name)
		if err != nil {
			return err
		}
		if why == "" {
			written++
			continue
		}
		reasons[why] = append(reasons[why], name)
	}
	fmt.Fprintf(b, "%d of core's %d ops have a form in ONNX. The others:\n\n", written, len(core.OpNames()))
	row(b, "op of core", "why not")
	row(b, "---", "---")
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		row(b, strings.Join(reasons[why], ", "), why)
	}
	return nil
}
