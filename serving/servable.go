package serving

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng"
)

// DefaultSignature is the signature that is meant where a request names none.
const DefaultSignature = "serving_default"

// The methods of signatures.
const (
	PredictMethod  = "tensorflow/serving/predict"
	ClassifyMethod = "tensorflow/serving/classify"
	RegressMethod  = "tensorflow/serving/regress"
)

// Servable is a version of a model that is loaded.
type Servable struct {
	Signatures map[string]*Signature
	Refused    map[string]error // why other signatures cannot be had; may be nil
	Warmup     []Request        // to be answered before it serves; without any, it is run on zeros
	Batching   *Batching        // nil: the model's
	Memory     func() int64     // the bytes that it keeps; may be nil
	Close      func() error     // called once, when no request uses it any more; may be nil
}

// Signature is a computation of a Servable.
type Signature struct {
	Method  string // one of PredictMethod, ClassifyMethod, RegressMethod
	Inputs  []Port // by their aliases, sorted
	Outputs []Port // by their aliases, sorted

	// Run computes all outputs by their aliases. It is called by many goroutines at once, with
	// inputs that fit Inputs.
	Run func(ctx context.Context, inputs map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error)
}

// Port is an input or an output of a Signature.
type Port struct {
	Alias string // the name in requests
	Name  string // of the tensor in the graph: "input:0"
	Type  tf2ng.Type
	Shape tf2ng.Shape // dimensions may be unknown
}

// port returns the port with an alias.
func port(ports []Port, alias string) (Port, bool) {
	for _, p := range ports {
		if p.Alias == alias {
			return p, true
		}
	}
	return Port{}, false
}

// aliases lists the aliases of ports, as Serving's messages have them.
func aliases(ports []Port) []string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Alias
	}
	return names
}

// FromModel returns the Servable of a Model, which it closes: with the Model's signatures, or, if it
// has none, with its inputs and outputs as DefaultSignature, where aliases have no ":0".
func FromModel(m *tf2ng.Model) (*Servable, error) {
	s := &Servable{
		Signatures: map[string]*Signature{},
		Refused:    map[string]error{},
		Memory: func() int64 {
			shared, shapes := m.Memory()
			return shared + shapes
		},
		Close: m.Close,
	}
	if m.SignatureName() == "" {
		var err error
		s.Signatures[DefaultSignature], err = signature(m)
		return s, err
	}
	for _, name := range m.Signatures() {
		of, err := m.Signature(name)
		if err == nil {
			s.Signatures[name], err = signature(of)
		}
		if err != nil {
			delete(s.Signatures, name)
			s.Refused[name] = err
		}
	}
	return s, nil
}

// signature returns the Signature of a Model's inputs and outputs.
func signature(m *tf2ng.Model) (*Signature, error) {
	s := &Signature{}
	inputs, err := ports(m.Inputs())
	if err != nil {
		return nil, err
	}
	outputs, err := ports(m.Outputs())
	if err != nil {
		return nil, err
	}
	s.Inputs, s.Outputs = inputs.list, outputs.list
	s.Method = method(s)
	s.Run = func(ctx context.Context, in map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error) {
		given := make(map[string]*tf2ng.Tensor, len(in))
		for alias, t := range in {
			given[inputs.names[alias]] = t
		}
		got, err := m.Run(ctx, given)
		if err != nil {
			return nil, err
		}
		out := make(map[string]*tf2ng.Tensor, len(got))
		for alias, name := range outputs.names {
			out[alias] = got[name]
		}
		return out, nil
	}
	return s, nil
}

// portsOf are the ports of one side of a model, and the model's names by their aliases.
type portsOf struct {
	list  []Port
	names map[string]string
}

func ports(infos []tf2ng.TensorInfo) (*portsOf, error) {
	p := &portsOf{names: map[string]string{}}
	for _, info := range infos {
		alias := strings.TrimSuffix(info.Name, ":0")
		if other, taken := p.names[alias]; taken {
			return nil, fmt.Errorf("tensors %q and %q have the same name in requests", other, info.Name)
		}
		p.names[alias] = info.Name
		name := info.Name
		if !strings.Contains(name, ":") {
			name += ":0"
		}
		p.list = append(p.list, Port{Alias: alias, Name: name, Type: info.Type, Shape: info.Shape})
	}
	slices.SortFunc(p.list, func(a, b Port) int { return strings.Compare(a.Alias, b.Alias) })
	return p, nil
}

// method tells by the outputs what a signature is for: those of classification and regression have
// names that are part of TensorFlow's API.
func method(s *Signature) string {
	if len(s.Inputs) != 1 || s.Inputs[0].Alias != "inputs" {
		return PredictMethod
	}
	names := aliases(s.Outputs)
	switch {
	case len(names) == 1 && names[0] == "outputs" && s.Outputs[0].Type == tf2ng.F32:
		return RegressMethod
	case len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return n != "classes" && n != "scores" }):
		return ClassifyMethod
	}
	return PredictMethod
}
