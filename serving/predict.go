package serving

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// Request asks for outputs of a signature.
type Request struct {
	Spec
	Inputs  map[string]*tf2ng.Tensor // keyed by alias
	Outputs []string                 // aliases of the outputs that are wanted; empty for all

	Entry string // the front end, as a label of the metrics: "GRPC" or "REST"
	API   string // the method that was called, as a label of the metrics; empty for "Predict"
}

// Response has the outputs that a Request asked for.
type Response struct {
	Model     string
	Version   int64
	Signature string
	Outputs   map[string]*tf2ng.Tensor // keyed by alias; the caller may keep and change them
}

// Predict computes the outputs that a request asks for. Every error is an *Error. The caller must not change
// the inputs before Predict returns.
func (m *Manager) Predict(ctx context.Context, r Request) (_ *Response, err error) {
	begin := time.Now()
	defer func() { m.metrics.answered(r, time.Since(begin), err) }()
	v, err := m.acquire(r.Spec)
	if err != nil {
		return nil, err
	}
	defer v.release()
	name := cmp.Or(r.Signature, DefaultSignature)
	s := v.loaded.Signatures[name]
	if s == nil {
		return nil, v.loaded.noSignature(fault.NoSignature, name)
	}
	if m.options.CheckMethods && !slices.Contains(methods, s.Method) {
		return nil, fault.New(fault.PredictMethod, strings.Join(methods, ", "), s.Method)
	}
	in, err := s.check(r.Inputs, r.Outputs)
	if err != nil {
		return nil, err
	}
	out, err := m.compute(ctx, v, s, in)
	if err != nil {
		return nil, err
	}
	return &Response{Model: r.Model, Version: v.Number, Signature: name, Outputs: chosen(out, r.Outputs)}, nil
}

// noSignature returns the error for a signature that the Servable does not have. It includes the reason if
// the signature was refused.
func (s *Servable) noSignature(k fault.Kind, name string) *Error {
	e := fault.New(k, name)
	if why := s.Refused[name]; why != nil {
		e.Msg, e.Err = e.Msg+" It cannot be had: "+why.Error(), why
	}
	return e
}

// compute runs a signature of a version on inputs that check has accepted, in a batch if requests are
// batched.
func (m *Manager) compute(ctx context.Context, v *version, s *Signature, in map[string]*tf2ng.Tensor) (
	map[string]*tf2ng.Tensor, error,
) {
	if err := ctx.Err(); err != nil {
		return nil, stopped(ctx)
	}
	if v.batch != nil {
		return v.batch.run(ctx, s, in)
	}
	return m.run(ctx, v.model.config().Name, s, in)
}

// run runs a signature as soon as fewer than Options.Parallel Runs are in progress.
func (m *Manager) run(ctx context.Context, model string, s *Signature, in map[string]*tf2ng.Tensor) (
	_ map[string]*tf2ng.Tensor, err error,
) {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return nil, stopped(ctx)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.RunInternal, "panic in the model's Run")
		}
	}()
	begin := time.Now()
	out, err := s.Run(ctx, in)
	m.metrics.ran(model, time.Since(begin))
	if err != nil {
		return nil, failed(ctx, err)
	}
	return out, nil
}

// chosen returns the outputs that were asked for.
func chosen(out map[string]*tf2ng.Tensor, names []string) map[string]*tf2ng.Tensor {
	if len(names) == 0 {
		return out
	}
	some := make(map[string]*tf2ng.Tensor, len(names))
	for _, n := range names {
		some[n] = out[n]
	}
	return some
}

// check checks the inputs of a request, and the aliases of the outputs that it wants, against the
// signature. It returns the inputs, with default values for those that were left out.
func (s *Signature) check(in map[string]*tf2ng.Tensor, outputs []string) (map[string]*tf2ng.Tensor, error) {
	in, err := s.complete(in)
	if err != nil {
		return nil, err
	}
	for i, p := range s.Inputs {
		t := in[p.Alias]
		switch {
		case t == nil:
			return nil, fault.New(fault.InputParse, p.Alias, errors.New("there is no tensor"))
		case !p.Type.Compatible(t.Type()):
			return nil, fault.New(fault.InputType, p.Alias, i, typeName(p.Type), typeName(t.Type()))
		case p.Shape.Ranked() && !p.Shape.Compatible(t.Shape()):
			return nil, fault.New(fault.InputShape, p.Alias, t.Shape(), p.Shape)
		}
	}
	for i, alias := range outputs {
		if _, ok := port(s.Outputs, alias); !ok {
			return nil, fault.New(fault.NoOutput, alias, strings.Join(aliases(s.Outputs), ","))
		}
		if slices.Contains(outputs[:i], alias) {
			return nil, fault.New(fault.OutputTwice, alias)
		}
	}
	return in, nil
}

// complete returns a value for each input of the signature: the given one, or else its default.
func (s *Signature) complete(in map[string]*tf2ng.Tensor) (map[string]*tf2ng.Tensor, error) {
	if len(in) > len(s.Inputs) || len(in) < len(s.Inputs) && len(s.Defaults) == 0 {
		return nil, s.wrongCount(in)
	}
	names := func(m map[string]*tf2ng.Tensor) string { return strings.Join(slices.Sorted(maps.Keys(m)), ",") }
	all, used := in, map[string]*tf2ng.Tensor{}
	for _, p := range s.Inputs {
		if t, given := in[p.Alias]; given {
			used[p.Alias] = t
			continue
		}
		t := s.Defaults[p.Alias]
		if t == nil {
			return nil, fault.New(fault.NoInput, p.Alias, p.Name, names(in), names(s.Defaults))
		}
		if len(all) == len(in) {
			all = maps.Clone(in)
		}
		if all == nil {
			all = map[string]*tf2ng.Tensor{}
		}
		all[p.Alias] = t
	}
	if len(used) != len(in) {
		return nil, fault.New(fault.InputName, names(used), names(in))
	}
	return all, nil
}

// wrongCount returns an error that lists which inputs are unknown and which are missing.
func (s *Signature) wrongCount(in map[string]*tf2ng.Tensor) error {
	given, want := slices.Sorted(maps.Keys(in)), aliases(s.Inputs)
	join := func(list []string) string { return strings.Join(list, ",") }
	without := func(list, other []string) string {
		return join(slices.DeleteFunc(slices.Clone(list), func(n string) bool { return slices.Contains(other, n) }))
	}
	return fault.New(fault.InputCount, len(in), len(want), join(given), join(want), without(given, want),
		without(want, given))
}

// typeNames are the names of element types in TensorFlow's messages.
var typeNames = map[tf2ng.Type]string{
	tf2ng.Bool: "bool", tf2ng.I8: "int8", tf2ng.U8: "uint8", tf2ng.I16: "int16", tf2ng.U16: "uint16",
	tf2ng.I32: "int32", tf2ng.U32: "uint32", tf2ng.I64: "int64", tf2ng.U64: "uint64", tf2ng.BF16: "bfloat16",
	tf2ng.F16: "half", tf2ng.F32: "float", tf2ng.F64: "double", tf2ng.String: "string",
	tf2ng.C64: "complex64", tf2ng.C128: "complex128",
}

// typeName returns TensorFlow's name of a type, such as float for f32.
func typeName(t tf2ng.Type) string { return cmp.Or(typeNames[t], "INVALID") }

// Status returns the states of a model's versions in ascending order; of one version only if s names a
// version or a label.
func (m *Manager) Status(s Spec) ([]VersionStatus, error) {
	if s.Model == "" {
		return nil, fault.New(fault.NoName)
	}
	known := m.model(s.Model)
	var list []VersionStatus
	if known != nil {
		list = known.status()
	}
	n, specific := s.Version, s.HasVersion
	if !specific && s.Label != "" && known != nil {
		if n, specific = known.config().Labels[s.Label]; !specific {
			return nil, fault.New(fault.NoLabel, s.Label)
		}
	}
	if specific {
		list = slices.DeleteFunc(list, func(v VersionStatus) bool { return v.Version != n })
		if len(list) == 0 {
			return nil, fault.New(fault.StatusVersion, n, s.Model)
		}
	}
	if len(list) == 0 {
		return nil, fault.New(fault.StatusModel, s.Model)
	}
	return list, nil
}

func (m *model) status() []VersionStatus {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []VersionStatus
	for _, n := range slices.Sorted(maps.Keys(m.versions)) {
		v := m.versions[n]
		list = append(list, VersionStatus{Version: n, State: v.state, Err: v.err})
	}
	return list
}

// Metadata describes the signatures of a version.
type Metadata struct {
	Model      string
	Version    int64
	Signatures map[string]SignatureInfo
}

// SignatureInfo describes a signature.
type SignatureInfo struct {
	Method          string
	Inputs, Outputs []Port                   // sorted by alias
	Defaults        map[string]*tf2ng.Tensor // values of inputs that may be left out, keyed by alias; may be nil
}

// Metadata describes the signatures of the version that s selects.
func (m *Manager) Metadata(s Spec) (*Metadata, error) {
	v, err := m.acquire(s)
	if err != nil {
		return nil, err
	}
	defer v.release()
	d := &Metadata{Model: s.Model, Version: v.Number, Signatures: map[string]SignatureInfo{}}
	for name, sig := range v.loaded.Signatures {
		d.Signatures[name] = sig.info()
	}
	maps.Copy(d.Signatures, v.loaded.Saved)
	return d, nil
}

func (s *Signature) info() SignatureInfo {
	return SignatureInfo{s.Method, slices.Clone(s.Inputs), slices.Clone(s.Outputs), s.Defaults}
}
