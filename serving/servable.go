package serving

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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

var methods = []string{PredictMethod, ClassifyMethod, RegressMethod}

// Servable is a version of a model that is loaded.
type Servable struct {
	Signatures map[string]*Signature
	Refused    map[string]error // why other signatures cannot be had; may be nil

	// Saved is what metadata says of signatures, those that are refused too. May be nil: what is
	// not in it is told by Signatures.
	Saved map[string]SignatureInfo

	Warmup   []Request    // to be answered before it serves; without any, it is run on zeros
	Batching *Batching    // nil: the model's
	Memory   func() int64 // the bytes that it keeps; may be nil
	Close    func() error // called once, when no request uses it any more; may be nil
}

// Signature is a computation of a Servable.
type Signature struct {
	Method  string // one of PredictMethod, ClassifyMethod, RegressMethod; others are for Predict alone
	Inputs  []Port // by their aliases, sorted
	Outputs []Port // by their aliases, sorted

	// Defaults are the values of inputs that a request may leave out, by their aliases; may be nil.
	Defaults map[string]*tf2ng.Tensor

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

	// TFType is TensorFlow's name of the type, where metadata has another than that of Type: "quint8".
	TFType string
}

// typeName returns TensorFlow's name of the type.
func (p Port) typeName() string { return cmp.Or(p.TFType, typeName(p.Type)) }

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
		Saved:      map[string]SignatureInfo{},
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
		if err := s.add(m, name); err != nil {
			delete(s.Signatures, name)
			s.Refused[name] = err
		}
	}
	if info, err := m.SignatureInfo(initializer); err == nil {
		s.Saved[initializer] = saved(info)
	}
	return s, nil
}

// initializer is a signature that TensorFlow Serving's metadata has, for what runs when a SavedModel is
// loaded.
const initializer = "__saved_model_init_op"

func saved(info tf2ng.SignatureInfo) SignatureInfo {
	return SignatureInfo{info.Method, savedPorts(info.Inputs), savedPorts(info.Outputs), info.Defaults}
}

// add adds a signature of a Model, and what was saved of it.
func (s *Servable) add(m *tf2ng.Model, name string) error {
	info, err := m.SignatureInfo(name)
	if err != nil {
		return err
	}
	if info.Inputs != nil {
		s.Saved[name] = saved(info)
	}
	of, err := m.Signature(name)
	if err != nil {
		return err
	}
	sig, err := signature(of)
	if err != nil {
		return err
	}
	sig.Defaults, sig.Method = info.Defaults, cmp.Or(info.Method, sig.Method)
	if info.Inputs != nil {
		sig.Method = info.Method
	}
	s.Signatures[name] = sig
	return nil
}

// savedPorts returns the tensors of one side of a signature as they were saved.
func savedPorts(tensors map[string]tf2ng.SignatureTensor) []Port {
	var list []Port
	for _, alias := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[alias]
		list = append(list, Port{Alias: alias, Name: t.Name, Shape: t.Shape, TFType: t.Type})
	}
	return list
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

// method tells by the names what a signature is for where no file says it: those of classification and regression have
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
