package tf2ng

import (
	"maps"

	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel"
	"github.com/tf2ng/tf2ng/core"
)

// SignatureInfo is what a SavedModel says about a signature.
type SignatureInfo struct {
	Method   string             // the method name, "tensorflow/serving/predict"; may be empty
	Defaults map[string]*Tensor // default values of inputs that Run may be called without; may be nil

	// Inputs and Outputs are the tensors as they were saved, keyed by their names in the signature. They
	// are nil if the file does not have this, as .ng files do not; see Model.Inputs and Model.Outputs.
	Inputs, Outputs map[string]SignatureTensor
}

// SignatureTensor is what a signature says about an input or an output.
type SignatureTensor struct {
	Name  string // the name in TensorFlow's graph, "serving_default_x:0"; empty for a sparse or composite tensor
	Type  string // TensorFlow's name: "float", "quint8"
	Shape Shape
}

// SignatureInfo describes a signature of the file, even one that cannot be run or that Signatures does not
// list, such as "__saved_model_init_op". The error is a *SignatureError if the file has no signature of that
// name.
func (m *Model) SignatureInfo(name string) (SignatureInfo, error) {
	o := m.origin
	s, ok := o.function.Signatures[name]
	saved, known := o.saved[name]
	if !ok && !known {
		return SignatureInfo{}, &SignatureError{Name: name, Have: m.Signatures()}
	}
	info := SignatureInfo{Method: s.Method, Defaults: maps.Clone(s.Defaults)}
	if known {
		info.Method = saved.Method
		info.Inputs, info.Outputs = tensorsOf(saved.Inputs), tensorsOf(saved.Outputs)
	}
	return info, nil
}

func tensorsOf(saved map[string]savedmodel.Tensor) map[string]SignatureTensor {
	out := make(map[string]SignatureTensor, len(saved))
	for key, t := range saved {
		out[key] = SignatureTensor{Name: t.Name, Type: t.Type.String(), Shape: t.Dims()}
	}
	return out
}

// withDefaults returns the inputs, with the signature's default values for those that are missing.
func (m *Model) withDefaults(inputs map[string]*Tensor) map[string]*Tensor {
	var all map[string]*Tensor
	for name, t := range m.defaults {
		if inputs[name] != nil || inputs[name+":0"] != nil {
			continue
		}
		if all == nil {
			all = make(map[string]*Tensor, len(inputs)+len(m.defaults))
			maps.Copy(all, inputs)
		}
		all[name] = t
	}
	if all == nil {
		return inputs
	}
	return all
}

// defaultsOf returns a signature's default values for the parameters that f has.
func defaultsOf(s core.Signature, f *core.Function) map[string]*Tensor {
	var all map[string]*Tensor
	for _, p := range f.Parameters {
		t := s.Defaults[p.Name]
		if t == nil {
			continue
		}
		if all == nil {
			all = map[string]*Tensor{}
		}
		all[p.Name] = t
	}
	return all
}
