package serving

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// Example is a tf.Example: features, keyed by name.
type Example map[string]Feature

// Feature is a list of values of one kind: at most one of the fields has elements.
type Feature struct {
	Bytes  []string
	Floats []float32
	Ints   []int64
}

// ExamplesRequest is a request to classify examples, or to compute a value for each by regression.
type ExamplesRequest struct {
	Spec
	Examples []Example
	Context  Example // features of every example that has none of the same name itself; may be nil
	Entry    string  // the front end, as a label of the metrics: "GRPC" or "REST"
}

// Class is a class that an example may belong to, with its score.
type Class struct {
	Label string
	Score float32
}

// Classification is the result of Classify: the classes of each example.
type Classification struct {
	Version   int64
	Signature string
	Results   [][]Class
}

// Regression is the result of Regress: a value for each example.
type Regression struct {
	Version   int64
	Signature string
	Results   []float32
}

// Classify runs a signature on examples. Its method must be ClassifyMethod; unless Options.CheckMethods is
// set, it may also have another method if its inputs and outputs are those of a classification. If the
// signature's only input is of strings, it gets the examples as serialized tf.Examples, as in TensorFlow
// Serving. Otherwise each input gets the features of its name, a row for each example.
func (m *Manager) Classify(ctx context.Context, r ExamplesRequest) (*Classification, error) {
	out, p, err := m.examples(ctx, r, "Classify", ClassifyMethod, fault.ClassifyMethod)
	if err != nil {
		return nil, err
	}
	results, err := classes(out, len(r.Examples))
	if err != nil {
		return nil, err
	}
	return &Classification{Version: p.Version, Signature: p.Signature, Results: results}, nil
}

// Regress is like Classify, for signatures whose method is RegressMethod.
func (m *Manager) Regress(ctx context.Context, r ExamplesRequest) (*Regression, error) {
	out, p, err := m.examples(ctx, r, "Regress", RegressMethod, fault.RegressMethod)
	if err != nil {
		return nil, err
	}
	values, err := regressions(out, len(r.Examples))
	if err != nil {
		return nil, err
	}
	return &Regression{Version: p.Version, Signature: p.Signature, Results: values}, nil
}

// examples computes the outputs of a signature for the examples of a request.
func (m *Manager) examples(ctx context.Context, r ExamplesRequest, api, method string, wrong fault.Kind) (
	map[string]*tf2ng.Tensor, *Response, error,
) {
	spec, release, err := m.Pin(r.Spec)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	name := cmp.Or(r.Signature, DefaultSignature)
	s := spec.pinned.loaded.Signatures[name]
	switch {
	case s == nil:
		return nil, nil, fault.New(fault.ClassifySignature, name)
	case s.Method != method && m.options.CheckMethods:
		return nil, nil, fault.New(wrong, s.Method)
	case s.Method != method:
		if err := s.fits(method); err != nil {
			return nil, nil, err
		}
	}
	if len(r.Examples) == 0 {
		return nil, nil, fault.New(fault.ExamplesEmpty)
	}
	m.metrics.examples(r.Model, len(r.Examples))
	in, err := exampleInputs(s.Inputs, r.Examples, r.Context)
	if err != nil {
		return nil, nil, err
	}
	p, err := m.Predict(ctx, Request{Spec: spec, Inputs: in, Entry: r.Entry, API: api})
	if err != nil {
		return nil, nil, err
	}
	return p.Outputs, p, nil
}

// fits checks that a signature has the inputs and outputs that the method prescribes. It is called for
// signatures that are not declared for the method.
func (s *Signature) fits(method string) error {
	inputs, outputs := aliases(s.Inputs), aliases(s.Outputs)
	classifies := method == ClassifyMethod
	named, none := []string{"outputs"}, fault.RegressOutputs
	if classifies {
		named, none = []string{"classes", "scores"}, fault.ClassifyOutputs
	}
	switch {
	case len(inputs) != 1:
		return fault.New(fault.ExampleOneInput)
	case classifies && len(outputs) != 1 && len(outputs) != 2:
		return fault.New(fault.ClassifyCount, len(outputs))
	case !classifies && len(outputs) != 1:
		return fault.New(fault.RegressCount)
	case inputs[0] != "inputs" && classifies:
		return fault.New(fault.ClassifyInputs, fmt.Sprint(inputs))
	case inputs[0] != "inputs":
		return fault.New(fault.RegressInputs, fmt.Sprint(inputs))
	case !slices.ContainsFunc(outputs, func(n string) bool { return slices.Contains(named, n) }):
		return fault.New(none, fmt.Sprint(outputs))
	}
	return nil
}

// exampleInputs makes the inputs of a signature from examples. The features in shared are added to each
// example that has none of the same name.
func exampleInputs(ports []Port, examples []Example, shared Example) (map[string]*tf2ng.Tensor, error) {
	whole := make([]Example, len(examples))
	for i, e := range examples {
		whole[i] = Example{}
		maps.Copy(whole[i], shared)
		maps.Copy(whole[i], e)
	}
	in := map[string]*tf2ng.Tensor{}
	if len(ports) == 1 && ports[0].Type == tf2ng.String {
		texts := make([]string, len(whole))
		for i, e := range whole {
			texts[i] = e.serialize()
		}
		var err error
		in[ports[0].Alias], err = tf2ng.StringTensor(tf2ng.Shape{len(texts)}, texts)
		return in, err
	}
	for _, p := range ports {
		t, err := featureTensor(p, whole)
		if err != nil {
			return nil, err
		}
		in[p.Alias] = t
	}
	return in, nil
}

// featureTensor makes an input from the features that have its name: a row for each example.
func featureTensor(p Port, examples []Example) (*tf2ng.Tensor, error) {
	var floats []float32
	var ints []int64
	each := -1
	for i, e := range examples {
		f := e[p.Alias]
		list := f.Floats
		if p.Type.IsInteger() {
			ints = append(ints, f.Ints...)
			list = make([]float32, len(f.Ints))
		} else {
			for _, x := range f.Ints {
				list = append(list[:len(list):len(list)], float32(x))
			}
			floats = append(floats, list...)
		}
		if len(list) == 0 || each >= 0 && len(list) != each {
			return nil, fault.New(fault.ExampleFeature, i, p.Alias,
				fmt.Sprintf("got %d values, want as many as the others, and at least one", len(list)))
		}
		each = len(list)
	}
	shape := tf2ng.Shape{len(examples), each}
	if rest := p.Shape; rest.Ranked() && len(rest) > 0 && rest[1:].Static() {
		if n, err := rest[1:].Elements(); err == nil && n == each {
			shape = append(tf2ng.Shape{len(examples)}, rest[1:]...)
		}
	}
	switch p.Type {
	case tf2ng.F32:
		return tf2ng.TensorOf(shape, floats)
	case tf2ng.I64:
		return tf2ng.TensorOf(shape, ints)
	}
	return nil, fault.New(fault.ExampleFeature, 0, p.Alias,
		"the input has type "+typeName(p.Type)+", want float or int64")
}

// serialize returns the bytes of the tf.Example.
func (e Example) serialize() string {
	var features []byte
	for _, name := range slices.Sorted(maps.Keys(e)) {
		entry := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
		entry = protowire.AppendBytes(protowire.AppendTag(entry, 2, protowire.BytesType), e[name].serialize())
		features = protowire.AppendBytes(protowire.AppendTag(features, 1, protowire.BytesType), entry)
	}
	return string(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), features))
}

func (f Feature) serialize() []byte {
	list := func(number protowire.Number, content []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
	}
	switch {
	case len(f.Bytes) > 0:
		var values []byte
		for _, s := range f.Bytes {
			values = protowire.AppendString(protowire.AppendTag(values, 1, protowire.BytesType), s)
		}
		return list(1, values)
	case len(f.Floats) > 0:
		var packed []byte
		for _, x := range f.Floats {
			packed = protowire.AppendFixed32(packed, math.Float32bits(x))
		}
		return list(2, list(1, packed))
	case len(f.Ints) > 0:
		var packed []byte
		for _, x := range f.Ints {
			packed = protowire.AppendVarint(packed, uint64(x))
		}
		return list(3, list(1, packed))
	}
	return nil
}

// classes reads the outputs of a classification.
func classes(out map[string]*tf2ng.Tensor, n int) ([][]Class, error) {
	labels, scores := out["classes"], out["scores"]
	if labels == nil && scores == nil {
		return nil, fault.New(fault.ClassifyOutputs, fmt.Sprint(slices.Sorted(maps.Keys(out))))
	}
	columns := -1
	for _, o := range []struct {
		name string
		t    *tf2ng.Tensor
		typ  tf2ng.Type
		kind fault.Kind
	}{
		{"classes", labels, tf2ng.String, fault.ClassifyLabels},
		{"scores", scores, tf2ng.F32, fault.ClassifyScores},
	} {
		if o.t == nil {
			continue
		}
		shape := o.t.Shape()
		switch {
		case len(shape) != 2 || columns >= 0 && shape[1] != columns:
			return nil, fault.New(fault.ClassifyRank, shape)
		case o.t.Type() != o.typ:
			return nil, fault.New(o.kind, typeName(o.t.Type()))
		case shape[0] != n:
			return nil, fault.New(fault.ClassifyBatch, o.name, n, shape[0])
		}
		columns = shape[1]
	}
	results := make([][]Class, n)
	for i := range results {
		results[i] = make([]Class, columns)
		for j := range results[i] {
			if labels != nil {
				results[i][j].Label = labels.Strings()[i*columns+j]
			}
			if scores != nil {
				results[i][j].Score = core.Data[float32](scores)[i*columns+j]
			}
		}
	}
	return results, nil
}

// regressions reads the output of a regression.
func regressions(out map[string]*tf2ng.Tensor, n int) ([]float32, error) {
	t := out["outputs"]
	if t == nil {
		return nil, fault.New(fault.RegressOutputs, fmt.Sprint(slices.Sorted(maps.Keys(out))))
	}
	shape := t.Shape()
	switch {
	case len(shape) != 1 && (len(shape) != 2 || shape[1] != 1):
		return nil, fault.New(fault.RegressShape, shape)
	case shape[0] != n:
		return nil, fault.New(fault.ClassifyBatch, "regression", n, shape[0])
	case t.Type() != tf2ng.F32:
		return nil, fault.New(fault.RegressType, typeName(t.Type()))
	}
	return core.Data[float32](t), nil
}
