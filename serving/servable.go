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

// DefaultSignature is the signature that a request uses if it names none.
const DefaultSignature = "serving_default"

// The method names of signatures: which API a signature is meant for.
const (
	PredictMethod  = "tensorflow/serving/predict"
	ClassifyMethod = "tensorflow/serving/classify"
	RegressMethod  = "tensorflow/serving/regress"
)

var methods = []string{PredictMethod, ClassifyMethod, RegressMethod}

// Servable is a loaded version of a model.
type Servable struct {
	Signatures map[string]*Signature
	Refused    map[string]error // why each of the model's other signatures cannot be served; may be nil

	// Saved is what Metadata reports about signatures, including refused ones. A signature that is
	// not in it is described by its entry in Signatures. May be nil.
	Saved map[string]SignatureInfo

	Warmup   []Request    // answered before the version serves; if empty, it is warmed up on zeros
	Batching *Batching    // nil: the parameters of the model's configuration
	Memory   func() int64 // returns how many bytes the version occupies; may be nil
	Close    func() error // called once, when no request uses the version any more; may be nil
}

// Signature is a computation that a Servable offers, with named inputs and outputs.
type Signature struct {
	Method  string // PredictMethod, ClassifyMethod or RegressMethod; any other can be used by Predict only
	Inputs  []Port // sorted by alias
	Outputs []Port // sorted by alias

	// Defaults are the values of inputs that a request may leave out, keyed by alias; may be nil.
	Defaults map[string]*tf2ng.Tensor

	// Run computes all outputs. Inputs and outputs are keyed by alias. It is called by many goroutines
	// at once, with inputs that match Inputs in type and shape.
	Run func(ctx context.Context, inputs map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error)
}

// Port is an input or an output of a Signature.
type Port struct {
	Alias string // the name that requests use
	Name  string // the name of the tensor in the graph, such as "input:0"
	Type  tf2ng.Type
	Shape tf2ng.Shape // dimensions may be unknown

	// TFType is TensorFlow's name of the type in metadata, if it differs from the name of Type: "quint8",
	// for example.
	TFType string
}

// typeName returns TensorFlow's name of the type.
func (p Port) typeName() string { return cmp.Or(p.TFType, typeName(p.Type)) }

// port returns the port that has the given alias.
func port(ports []Port, alias string) (Port, bool) {
	for _, p := range ports {
		if p.Alias == alias {
			return p, true
		}
	}
	return Port{}, false
}

// aliases lists the aliases of ports in order, as TensorFlow Serving's messages do.
func aliases(ports []Port) []string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Alias
	}
	return names
}

// FromModel returns a Servable for a Model; closing the Servable closes the Model. It has the Model's
// signatures. If the Model has none, its inputs and outputs become DefaultSignature, with their names
// without ":0" as aliases.
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

// initializer is the signature for what runs when a SavedModel is loaded. TensorFlow Serving lists it in
// the metadata.
const initializer = "__saved_model_init_op"

func saved(info tf2ng.SignatureInfo) SignatureInfo {
	return SignatureInfo{info.Method, savedPorts(info.Inputs), savedPorts(info.Outputs), info.Defaults}
}

// add adds a signature of a Model to Signatures, and its saved description, if it has one, to Saved.
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

// savedPorts returns the inputs or the outputs of a signature as the SavedModel describes them.
func savedPorts(tensors map[string]tf2ng.SignatureTensor) []Port {
	var list []Port
	for _, alias := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[alias]
		list = append(list, Port{Alias: alias, Name: t.Name, Shape: t.Shape, TFType: t.Type})
	}
	return list
}

// signature returns a Signature that runs the Model on its inputs and computes its outputs.
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

// portsOf are the ports for a model's inputs or for its outputs, and the model's names of them by alias.
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

// method guesses the method of a signature, for models whose file does not state it, from the aliases of
// its inputs and outputs: TensorFlow's API prescribes those of classification and regression.
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
