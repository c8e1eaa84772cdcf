package compare

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// Recorded is a Runner that returns tensors computed earlier.
type Recorded struct {
	Title   string // what computed the tensors: "TensorFlow 2.21.0"
	Feeds   Tensors
	Results Tensors // keyed by full names
	Ports   []Port  // the outputs; nil means all Results
	// Types maps full names to the TensorFlow types (DataType numbers) of the tensors, where they are
	// known. They say more than the types of package core, where a quantized type is a plain integer.
	Types map[string]int32
}

// Name returns the Title.
func (r *Recorded) Name() string { return r.Title }

// Inputs describes the recorded feeds, by name.
func (r *Recorded) Inputs() []Port { return ports(r.Feeds) }

// Outputs describes the recorded outputs.
func (r *Recorded) Outputs() []Port {
	if r.Ports != nil {
		return r.Ports
	}
	return ports(r.Results)
}

// Tensors lists the recorded tensors.
func (r *Recorded) Tensors() []string { return slices.Sorted(maps.Keys(r.Results)) }

// TensorTypes returns the TensorFlow types (DataType numbers) of the tensors.
func (r *Recorded) TensorTypes() map[string]int32 { return r.Types }

// Run returns recorded tensors. Feeds that differ from the recorded ones are an error, since the
// recorded tensors do not belong to them.
func (r *Recorded) Run(_ context.Context, feeds Tensors, fetches []string) (Tensors, error) {
	recorded := Tensors{}
	for name, t := range r.Feeds {
		recorded[FullName(name)] = t
	}
	for _, name := range slices.Sorted(maps.Keys(feeds)) {
		if t := recorded[FullName(name)]; t != nil && !identical(t, feeds[name]) {
			return nil, &InputError{r.Title, name, fmt.Sprintf("was recorded with other values (%v, got %v): leave inputs "+
				"out to take the recorded ones", t, feeds[name])}
		}
	}
	out := Tensors{}
	for _, name := range fetches {
		t := r.Results[FullName(name)]
		if t == nil {
			return nil, &NoTensorError{Side: r.Title, Tensor: name}
		}
		out[name] = t
	}
	return out, nil
}

// identical reports whether two tensors have the same bits.
func identical(a, b *core.Tensor) bool {
	return a.Type() == b.Type() && a.Shape().Equal(b.Shape()) && bytes.Equal(a.Bytes(), b.Bytes()) &&
		slices.Equal(a.Strings(), b.Strings())
}

func ports(tensors Tensors) []Port {
	list := []Port{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		list = append(list, Port{Name: name, Type: tensors[name].Type(), Shape: tensors[name].Shape()})
	}
	return list
}
