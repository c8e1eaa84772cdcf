package savedmodel

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
	"github.com/tf2ng/tf2ng/core"
)

// The names that the file of MetaGraphs may have.
const (
	Binary = "saved_model.pb"
	Text   = "saved_model.pbtxt"
)

// Limits on what a SavedModel may contain besides its graphs, which are bounded by graphdef.Limits.
const (
	MaxMetaGraphs = 64
	MaxSignatures = 1 << 10 // in a MetaGraph
	MaxPorts      = 1 << 12 // inputs of a signature, and also outputs
)

// ServingDefault is the signature that is used if none is named.
const ServingDefault = "serving_default"

// Files returns the content of a file of the SavedModel's directory. The name is relative to the directory,
// with slashes: "variables/variables.index". Files is called at most once for each file. The bytes are
// borrowed and must outlive everything that is made from the SavedModel. If a file does not exist, the error
// wraps fs.ErrNotExist.
type Files func(name string) ([]byte, error)

// Options say which part of a SavedModel to read.
type Options struct {
	Tags   []string        // of the MetaGraph to read; if empty, the one tagged "serve", or else the only one
	Limits graphdef.Limits // for the MetaGraph's graph
}

// SavedModel is one MetaGraph of a SavedModel. It is not for concurrent use.
type SavedModel struct {
	Tags       []string // in the order of the file
	Version    string   // the version of the TensorFlow that wrote the MetaGraph; may be empty
	Signatures map[string]Signature

	graph   *graphdef.Graph
	restore string // the name of the operation that restores the variables; empty if there is none
	objects []byte // the encoded SavedObjectGraph
	files   Files

	variables   *variables
	internal    map[string]Signature // signatures that only initialize the model
	collections map[string]string    // the nodes of those that tell what initializes tables
	assets      map[string]string    // files of the directory, by the nodes that name them
	read        map[string][]byte    // what was read of them
}

// Signature is a SignatureDef: tensors of the graph, keyed by the names that callers use for them.
type Signature struct {
	Inputs, Outputs map[string]Tensor
	Method          string // "tensorflow/serving/predict" for example

	defaults map[string][]byte // encoded TensorProtos for inputs that callers may leave out
}

// Tensor is a TensorInfo.
type Tensor struct {
	Name  string // the name in the graph, "serving_default_x:0"; empty for a sparse or composite tensor
	Type  graphdef.DataType
	Shape graphdef.Shape
}

// Dims returns the shape as a core.Shape.
func (t Tensor) Dims() core.Shape { return opdef.ShapeOf(t.Shape) }

// Field numbers.
const (
	modelMetaGraph protowire.Number = 2

	metaInfo       protowire.Number = 1
	metaGraph      protowire.Number = 2
	metaSaver      protowire.Number = 3
	metaCollection protowire.Number = 4
	metaSignatures protowire.Number = 5
	metaAssets     protowire.Number = 6
	metaObjects    protowire.Number = 7

	infoTags    protowire.Number = 4
	infoVersion protowire.Number = 5

	saverRestore protowire.Number = 3

	signatureInputs  protowire.Number = 1
	signatureOutputs protowire.Number = 2
	signatureMethod  protowire.Number = 3
	signatureDefault protowire.Number = 4

	tensorName  protowire.Number = 1
	tensorType  protowire.Number = 2
	tensorShape protowire.Number = 3

	shapeDim     protowire.Number = 2
	shapeUnknown protowire.Number = 3
	dimSize      protowire.Number = 1
)

// Open reads data, the content of saved_model.pb, which the SavedModel keeps borrowing. If files is nil, a
// graph with variables cannot be frozen.
//
// If no MetaGraph has the tags of o, the error is a *TagsError. Other errors wrap a sentinel of package
// graphdef.
func Open(data []byte, files Files, o Options) (*SavedModel, error) {
	if len(data) == 0 {
		return nil, wire.Errorf(graphdef.ErrEmpty, "empty file, want a SavedModel")
	}
	message, err := choose(data, o.Tags)
	if err != nil {
		return nil, err
	}
	m := &SavedModel{
		Signatures: map[string]Signature{}, internal: map[string]Signature{}, files: files,
		collections: map[string]string{}, assets: map[string]string{}, read: map[string][]byte{},
	}
	m.variables = newVariables(m)
	var graph []byte
	for f, err := range wire.Fields(message) {
		if err == nil {
			if f.Number == metaGraph {
				graph, err = f.Message("graph_def")
			} else {
				err = m.field(f)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if m.graph, err = graphdef.Parse(graph, o.Limits); err != nil {
		return nil, fmt.Errorf("graph of the SavedModel: %w", err)
	}
	return m, nil
}

// choose returns the encoded MetaGraph that has the given tags.
func choose(data []byte, tags []string) ([]byte, error) {
	var graphs [][]byte
	var have [][]string
	for f, err := range wire.Fields(data) {
		if err != nil {
			return nil, err
		}
		if f.Number != modelMetaGraph {
			continue
		}
		graph, err := f.Message("meta_graphs")
		if err != nil {
			return nil, err
		}
		info, err := readInfo(graph)
		if err != nil {
			return nil, err
		}
		if graphs, have = append(graphs, graph), append(have, info.tags); len(graphs) > MaxMetaGraphs {
			return nil, wire.Errorf(graphdef.ErrLimit, "more than %d MetaGraphs, which is the limit", MaxMetaGraphs)
		}
	}
	want := tags
	if len(tags) == 0 {
		want = []string{"serve"}
	}
	same := func(h []string) bool { return slices.Equal(sorted(h), sorted(want)) }
	switch i := slices.IndexFunc(have, same); {
	case len(graphs) == 0:
		return nil, wire.Errorf(graphdef.ErrStructure, "a SavedModel without MetaGraphs")
	case i >= 0:
		return graphs[i], nil
	case len(tags) == 0 && len(graphs) == 1:
		return graphs[0], nil
	}
	return nil, &TagsError{tags, have}
}

// sorted returns the names in ascending order, without duplicates.
func sorted(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// info has the fields of a MetaInfoDef that are read.
type info struct {
	tags    []string
	version string
}

func readInfo(metaGraph []byte) (info, error) {
	var i info
	for f, err := range wire.Fields(metaGraph) {
		if err != nil {
			return i, err
		}
		if f.Number != metaInfo {
			continue
		}
		message, err := f.Message("meta_info_def")
		if err != nil {
			return i, err
		}
		if err := i.read(message); err != nil {
			return i, err
		}
	}
	return i, nil
}

func (i *info) read(message []byte) error {
	for f, err := range wire.Fields(message) {
		if err != nil {
			return err
		}
		switch f.Number {
		case infoTags:
			var tag string
			if tag, err = f.Text("a tag"); len(i.tags) < MaxMetaGraphs {
				i.tags = append(i.tags, tag)
			}
		case infoVersion:
			i.version, err = f.Text("tensorflow_version")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// field reads a field of the MetaGraphDef other than the graph.
func (m *SavedModel) field(f wire.Field) (err error) {
	switch f.Number {
	case metaInfo:
		var i info
		err = i.read(f.Bytes)
		m.Tags, m.Version = i.tags, i.version
	case metaSaver:
		err = m.saver(f)
	case metaCollection:
		err = m.collection(f)
	case metaSignatures:
		err = m.signature(f)
	case metaAssets:
		var message []byte
		if message, err = f.Message("asset_file_def"); err == nil {
			err = m.asset(message)
		}
	case metaObjects:
		m.objects, err = f.Message("object_graph_def")
	}
	return err
}

func (m *SavedModel) saver(f wire.Field) error {
	message, err := f.Message("saver_def")
	if err != nil {
		return err
	}
	for f, err := range wire.Fields(message) {
		if err == nil && f.Number == saverRestore {
			m.restore, err = f.Text("restore_op_name")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// internal is the prefix of the names of signatures that only initialize the model.
const internal = "__saved_model_"

func (m *SavedModel) signature(f wire.Field) error {
	name, message, err := f.MapEntry("signature_def")
	if err != nil {
		return err
	}
	to := m.Signatures
	if strings.HasPrefix(name, internal) {
		to = m.internal
	}
	if len(to) == MaxSignatures {
		return wire.Errorf(graphdef.ErrLimit, "more than %d signatures, which is the limit", MaxSignatures)
	}
	s := Signature{Inputs: map[string]Tensor{}, Outputs: map[string]Tensor{}, defaults: map[string][]byte{}}
	for f, err := range wire.Fields(message) {
		if err == nil {
			switch f.Number {
			case signatureInputs:
				err = readPort(f, s.Inputs)
			case signatureOutputs:
				err = readPort(f, s.Outputs)
			case signatureMethod:
				s.Method, err = f.Text("method_name")
			case signatureDefault:
				err = readDefault(f, s.defaults)
			}
		}
		if err != nil {
			return fmt.Errorf("signature %q: %w", name, err)
		}
	}
	to[name] = s
	return nil
}

// readDefault reads an entry of a map of TensorProtos.
func readDefault(f wire.Field, to map[string][]byte) error {
	key, message, err := f.MapEntry("a default")
	if err == nil && len(to) == MaxPorts {
		err = wire.Errorf(graphdef.ErrLimit, "more than %d defaults, which is the limit", MaxPorts)
	}
	if err == nil {
		to[key] = message
	}
	return err
}

// Defaults returns the values of inputs that callers may leave out, keyed by the callers' names of the
// inputs.
func (s Signature) Defaults() (map[string]*core.Tensor, error) {
	var all map[string]*core.Tensor
	for _, key := range slices.Sorted(maps.Keys(s.defaults)) {
		n := graphdef.NewNode(key, "Const", nil, graphdef.TensorAttribute("value", s.defaults[key]))
		t, err := opdef.Tensor(&n, "value")
		if err != nil {
			return nil, fmt.Errorf("default of input %q: %w", key, err)
		}
		if all == nil {
			all = map[string]*core.Tensor{}
		}
		all[key] = t
	}
	return all, nil
}

// readPort reads an entry of a map of TensorInfos.
func readPort(f wire.Field, to map[string]Tensor) error {
	key, message, err := f.MapEntry("a tensor")
	if err != nil {
		return err
	}
	if len(to) == MaxPorts {
		return wire.Errorf(graphdef.ErrLimit, "more than %d tensors, which is the limit", MaxPorts)
	}
	t := Tensor{Shape: graphdef.Shape{UnknownRank: true}}
	for f, err := range wire.Fields(message) {
		if err == nil {
			switch f.Number {
			case tensorName:
				t.Name, err = f.Text("name of a tensor")
			case tensorType:
				var n int64
				n, err = f.Int("dtype")
				t.Type = graphdef.DataType(max(min(n, 1<<16), 0))
			case tensorShape:
				t.Shape, err = readShape(f)
			}
		}
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	}
	to[key] = t
	return nil
}

// readShape reads a TensorShapeProto.
func readShape(f wire.Field) (graphdef.Shape, error) {
	var s graphdef.Shape
	message, err := f.Message("tensor_shape")
	if err != nil {
		return s, err
	}
	for f, err := range wire.Fields(message) {
		if err != nil {
			return s, err
		}
		switch f.Number {
		case shapeUnknown:
			s.UnknownRank = f.Bits != 0
		case shapeDim:
			size := int64(0)
			for f, err := range wire.Fields(f.Bytes) {
				if err != nil {
					return s, err
				}
				if f.Number == dimSize {
					size = int64(f.Bits)
				}
			}
			if size < -1 || len(s.Dims) == graphdef.DefaultLimits().Dims {
				return s, wire.Errorf(graphdef.ErrValue, "got dimension %d, want -1 or more, and at most %d of them", size,
					graphdef.DefaultLimits().Dims)
			}
			s.Dims = append(s.Dims, size)
		}
	}
	if s.UnknownRank {
		s.Dims = nil
	}
	return s, nil
}

// Names returns the sorted names of the signatures.
func (m *SavedModel) Names() []string { return slices.Sorted(maps.Keys(m.Signatures)) }

// Choose returns the name of the signature to use: want, or, if that is empty, serving_default, or else the
// only one. Otherwise it returns a *SignatureError.
func Choose(want string, have []string) (string, error) {
	switch {
	case want != "" && slices.Contains(have, want):
		return want, nil
	case want == "" && slices.Contains(have, ServingDefault):
		return ServingDefault, nil
	case want == "" && len(have) == 1:
		return have[0], nil
	}
	return "", &SignatureError{want, have}
}

// saved returns all signatures, including those that only initialize the model.
func (m *SavedModel) saved() map[string]Signature {
	all := maps.Clone(m.Signatures)
	maps.Copy(all, m.internal)
	return all
}

// Graph returns the graph as it was saved, including variables.
func (m *SavedModel) Graph() *graphdef.Graph { return m.graph }

// textToBinary is the function that was passed to RegisterText.
var textToBinary func(text []byte) ([]byte, error)

// RegisterText sets the function that converts a SavedModel from text format to binary form, just as
// graphdef.RegisterText does for a GraphDef.
func RegisterText(decode func(text []byte) ([]byte, error)) { textToBinary = decode }

// IsText reports whether data, which is a SavedModel, is in text format: it does not start with the
// tag of one of the message's fields.
func IsText(data []byte) bool { return len(data) > 0 && data[0] != 0x08 && data[0] != 0x12 }

// ToBinary converts the content of saved_model.pbtxt with the function that [RegisterText] set.
func ToBinary(text []byte) ([]byte, error) {
	if textToBinary == nil {
		return nil, wire.Errorf(graphdef.ErrText,
			"text format is not linked into this program: import github.com/tf2ng/tf2ng/bridge/tf/pbtxt")
	}
	return textToBinary(text)
}

// errNoFiles is the error for a variable of a SavedModel whose directory is not known.
var errNoFiles = errors.New("saved_model.pb alone does not hold it: give the directory that it is in")
