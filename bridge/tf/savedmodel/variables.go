package savedmodel

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"unsafe"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/bundle"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
	"github.com/tf2ng/tf2ng/internal/view"
)

// bundlePrefix is the prefix of the bundle that holds the variables.
const bundlePrefix = "variables/variables"

// source says which tensor of the bundle is the value of a variable.
type source struct {
	key   string
	slice string // the slice of the tensor, in RestoreV2's notation; empty for the whole tensor
	err   error  // why the source is not known
}

// variables reads the values of a graph's variables.
type variables struct {
	model             *SavedModel
	restored, objects map[string]source // keyed by the variable's name; nil: not searched for yet
	bundle            *bundle.Bundle    // nil: not opened yet
	err               error             // why the bundle cannot be opened
	values            map[string]*bundle.Tensor
}

func newVariables(m *SavedModel) *variables {
	return &variables{model: m, values: map[string]*bundle.Tensor{}}
}

// isVariable reports whether a node is a variable.
func isVariable(n *graphdef.Node) bool {
	return n.Op == "VarHandleOp" || n.Op == "VariableV2" || n.Op == "Variable"
}

// value returns the value of a variable's node, after checking it against the node's type and shape.
func (v *variables) value(n *graphdef.Node) (*bundle.Tensor, error) {
	name := n.SharedName()
	t, ok := v.values[name]
	if !ok {
		var err error
		if t, err = v.read(name); err != nil {
			return nil, &VariableError{name, err}
		}
		v.values[name] = t
	}
	typ, err := n.Type("dtype")
	if err != nil {
		return nil, &VariableError{name, err}
	}
	shape, err := n.ShapeOr("shape", graphdef.Shape{UnknownRank: true})
	if err != nil {
		return nil, &VariableError{name, err}
	}
	if t.Type != typ || !fits(t.Shape, shape) {
		return nil, &VariableError{name, wire.Errorf(graphdef.ErrValue, "got %v %v in the files, want %v %v as the graph "+
			"has it", t.Type, graphdef.Shape{Dims: t.Shape}, typ, shape)}
	}
	return t, nil
}

func fits(shape []int64, want graphdef.Shape) bool {
	return want.UnknownRank || slices.EqualFunc(shape, want.Dims, func(a, b int64) bool { return b < 0 || a == b })
}

// read reads a variable from the bundle.
func (v *variables) read(name string) (*bundle.Tensor, error) {
	if err := v.open(); err != nil {
		return nil, err
	}
	s, ok := v.source(name)
	if !ok {
		return nil, wire.Errorf(graphdef.ErrStructure, "nothing restores it: it has no value before the model is trained "+
			"or initialized")
	}
	if s.err != nil {
		return nil, s.err
	}
	t, err := v.bundle.Region(s.key, s.slice)
	if err != nil {
		return nil, err
	}
	if t.Type.Size() == 0 {
		return nil, wire.Errorf(graphdef.ErrTensorType, "got %v, want elements of a fixed size", t.Type)
	}
	return aligned(t), nil
}

// open opens the bundle.
func (v *variables) open() error {
	switch {
	case v.bundle != nil || v.err != nil:
		return v.err
	case v.model.files == nil:
		return errNoFiles
	}
	v.bundle, v.err = bundle.Open(bundlePrefix, bundle.Files(v.model.files))
	if errors.Is(v.err, fs.ErrNotExist) {
		v.err = fmt.Errorf("the directory has no %s.index (%w): copy it whole", bundlePrefix, v.err)
	}
	return v.err
}

// source returns where the bundle has the value of a variable, according to the restore operation, or else
// to the object graphs. If neither says so, it is the tensor with the variable's name, as a Saver names it.
func (v *variables) source(name string) (source, bool) {
	if v.restored == nil {
		v.restored = restored(v.model.graph, v.model.restore)
	}
	if s, ok := v.restored[name]; ok {
		return s, true
	}
	if v.objects == nil {
		v.objects = v.model.byObjects(v.bundle)
	}
	if s, ok := v.objects[name]; ok {
		return s, true
	}
	return source{key: name}, v.bundle.Has(name)
}

// aligned returns a tensor whose elements are aligned to their size, so that all constants that borrow the
// data can share it.
func aligned(t *bundle.Tensor) *bundle.Tensor {
	if len(t.Data) == 0 || uintptr(unsafe.Pointer(&t.Data[0]))%uintptr(min(t.Type.Size(), 8)) == 0 {
		return t
	}
	words := make([]uint64, (len(t.Data)+7)/8)
	data := view.Bytes(words)[:len(t.Data):len(t.Data)]
	copy(data, t.Data)
	return &bundle.Tensor{Type: t.Type, Shape: t.Shape, Data: data}
}
