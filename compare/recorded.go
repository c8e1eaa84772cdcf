package compare

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// Recorded is a Runner of tensors that were computed before.
type Recorded struct {
	Title   string // what computed them: "TensorFlow 2.21.0"
	Feeds   Tensors
	Results Tensors // by full names
	Ports   []Port  // the outputs; nil means all Results
	// Types are TensorFlow's numbers of the types of tensors, by full names, where they are known.
	// Package core has fewer: a quantized type is its plain integer there.
	Types map[string]int32
}

// Name is what computed the tensors.
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

// TensorTypes returns TensorFlow's numbers of the types of tensors.
func (r *Recorded) TensorTypes() map[string]int32 { return r.Types }

// Run returns recorded tensors. Feeds that differ from the recorded ones are an error: the
// tensors are then of other inputs.
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
