// Package hostiletest makes functions whose inputs have shapes that no model should have, for tests of what reads
// functions. There is one of each op, as a file has it.
package hostiletest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/ngfile"
)

// maxVaried bounds the dimensions of a shape that are varied.
const maxVaried = 6

// Each reads the .ng files that a pattern matches and calls use with functions that are made of them: in place of one
// constant or parameter each has a parameter, some of whose dimensions are huge, or 0. Functions that inference refuses
// are left out. It returns how many there were.
func Each(t *testing.T, pattern string, use func(name string, f *core.Function)) (made int) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		f, err := ngfile.Read(data)
		require.NoError(t, err, file)
		for _, n := range f.Nodes() {
			if !isInput(n) {
				continue
			}
			for _, s := range shapes(n.Outputs()[0].Shape) {
				g, err := replaced(f, n, s)
				if err != nil {
					continue
				}
				made++
				use(fmt.Sprintf("%s/%s=%v", strings.TrimSuffix(filepath.Base(file), ".ng"), n.Name, s), g)
			}
		}
	}
	return made
}

func isInput(n *core.Node) bool {
	switch n.Op().(type) {
	case *core.Constant, *core.Parameter:
		return true
	}
	return false
}

// shapes returns variations of a shape, in which the dimensions that stay may be unknown.
func shapes(s core.Shape) (all []core.Shape) {
	for varied := 1; varied < 1<<min(len(s), maxVaried); varied++ {
		for _, size := range []int{0, 1 << 19, 1 << 30, 1<<40 - 1} {
			for _, known := range []bool{false, true} {
				to := slices.Clone(s)
				for i := range to {
					if varied>>i&1 == 1 {
						to[i] = size
					} else if !known {
						to[i] = core.Unknown
					}
				}
				all = append(all, to)
			}
		}
	}
	return all
}

// replaced returns a function in which an input is a parameter of another shape.
func replaced(f *core.Function, input *core.Node, s core.Shape) (*core.Function, error) {
	g, to := &core.Function{Name: f.Name}, map[core.Value]core.Value{}
	for _, n := range f.Nodes() {
		name, op, in := n.Name, n.Op(), slices.Clone(n.Inputs())
		for i, v := range in {
			in[i] = to[v]
		}
		if n == input {
			name, op = "hostile", &core.Parameter{Type: n.Outputs()[0].Type, Shape: s}
		}
		m, err := core.NewNamedNode(name, op, in...)
		if err != nil {
			return nil, err
		}
		for i := range min(len(n.Outputs()), len(m.Outputs())) {
			to[n.Out(i)] = m.Out(i)
		}
		if _, ok := op.(*core.Parameter); ok {
			g.Parameters = append(g.Parameters, m)
		}
		if slices.Contains(f.Results, n) {
			g.Results = append(g.Results, m)
		}
	}
	return g, nil
}
