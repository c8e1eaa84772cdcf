package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// shapes evaluates integers that follow from constants and known shapes: the arithmetic that leads from the shape of
// one tensor to that of another. Other passes can rely on the shapes that become known.
func shapes(f *core.Function, o Options) (*core.Function, error) {
	g := newFolding(o)
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if !isShapeArithmetic(n) {
			return nil, nil
		}
		return g.node(n, inputs)
	})
}

// maxShapeElements bounds the elements of a tensor that counts as a shape.
const maxShapeElements = 4096

// isShapeArithmetic reports whether a node computes integers or booleans from few others, or converts a few numbers
// in computing a size from another.
func isShapeArithmetic(n *core.Node) bool {
	return !slices.ContainsFunc(n.Outputs(), func(f core.Fact) bool { return !mayBeShape(f) }) &&
		!slices.ContainsFunc(n.Inputs(), func(v core.Value) bool {
			_, measures := n.Op().(*core.ShapeOf)
			return !measures && !mayBeShape(v.Fact())
		})
}

func mayBeShape(f core.Fact) bool {
	if f.Shape.Static() {
		if size, err := f.Shape.Elements(); err != nil || size > maxShapeElements {
			return false
		}
	}
	switch f.Type {
	case core.I32, core.I64, core.Bool:
		return true
	case core.F32, core.F64: // a size that is scaled
		return len(f.Shape) <= 1 && f.Shape.Ranked()
	}
	return false
}
