package graphdef

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// attribute is an AttrValue, not yet decoded.
type attribute struct {
	name  string
	value span
}

// Kind says which of its alternatives an AttrValue holds.
type Kind uint8

// The kinds. A list without values is an EmptyList, since a GraphDef does not say what it is a list of. It can be
// read as a list of any kind.
const (
	KindNone Kind = iota
	KindString
	KindInt
	KindFloat
	KindBool
	KindType
	KindShape
	KindTensor
	KindFunc
	KindPlaceholder
	EmptyList
	ListString
	ListInt
	ListFloat
	ListBool
	ListType
	ListShape
	ListTensor
	ListFunc
)

var kindNames = [...]string{
	"nothing", "string", "int", "float", "bool", "type", "shape", "tensor", "func", "placeholder",
	"an empty list", "list(string)", "list(int)", "list(float)", "list(bool)", "list(type)", "list(shape)",
	"list(tensor)", "list(func)",
}

// String is the kind as TensorFlow's op definitions write it, "list(int)" for example.
func (k Kind) String() string { return kindNames[k] }

// valueKinds and listKinds are the kinds by their field numbers in AttrValue and AttrValue.ListValue.
var (
	valueKinds = map[protowire.Number]Kind{
		2: KindString, 3: KindInt, 4: KindFloat, 5: KindBool, 6: KindType, 7: KindShape, 8: KindTensor,
		9: KindPlaceholder, 10: KindFunc,
	}
	listKinds = map[protowire.Number]Kind{
		2: ListString, 3: ListInt, 4: ListFloat, 5: ListBool, 6: ListType, 7: ListShape, 8: ListTensor, 9: ListFunc,
	}
)

// Other field numbers.
const (
	valueList protowire.Number = 1

	shapeDim         protowire.Number = 2
	shapeUnknownRank protowire.Number = 3
	dimSize          protowire.Number = 1

	funcName protowire.Number = 1
)

// Shape is a TensorShapeProto in an attribute: the shape as far as it is known when a graph is built.
type Shape struct {
	UnknownRank bool
	Dims        []int64 // -1 where unknown
}

// String is, for example, "[?,224,224,3]", or "unknown" for an unknown rank.
func (s Shape) String() string {
	if s.UnknownRank {
		return "unknown"
	}
	dims := make([]string, len(s.Dims))
	for i, d := range s.Dims {
		dims[i] = "?"
		if d >= 0 {
			dims[i] = fmt.Sprint(d)
		}
	}
	return "[" + strings.Join(dims, ",") + "]"
}

// Has reports whether the node has the attribute.
func (n *Node) Has(name string) bool {
	_, ok := n.find(name)
	return ok
}

// Attributes returns the names of the attributes in alphabetical order.
func (n *Node) Attributes() []string {
	names := make([]string, len(n.attributes))
	for i, a := range n.attributes {
		names[i] = a.name
	}
	return names
}

// Kind returns what the attribute holds.
func (n *Node) Kind(name string) (Kind, error) {
	a, ok := n.find(name)
	if !ok {
		return KindNone, n.missing(name, "")
	}
	v, err := n.src.value(a.value)
	return v.kind, in(err, n, name)
}

// Str returns an attribute of kind string.
func (n *Node) Str(name string) (string, error) { return get(n, name, KindString, (*source).str) }

// Int returns an attribute of kind int.
func (n *Node) Int(name string) (int64, error) { return get(n, name, KindInt, (*source).integer) }

// Float returns an attribute of kind float.
func (n *Node) Float(name string) (float32, error) { return get(n, name, KindFloat, (*source).float) }

// Bool returns an attribute of kind bool.
func (n *Node) Bool(name string) (bool, error) { return get(n, name, KindBool, (*source).boolean) }

// Type returns an attribute of kind type, which is neither invalid nor a reference type.
func (n *Node) Type(name string) (DataType, error) { return get(n, name, KindType, (*source).dataType) }

// Shape returns an attribute of kind shape.
func (n *Node) Shape(name string) (Shape, error) { return get(n, name, KindShape, (*source).shape) }

// Func returns the function's name of an attribute of kind func.
func (n *Node) Func(name string) (string, error) { return get(n, name, KindFunc, (*source).function) }

// Tensor returns an attribute of kind tensor, checked as [Tensor] describes. The content is not copied.
func (n *Node) Tensor(name string) (*Tensor, error) {
	read := (*source).tensor
	if n.made != nil && name == "value" {
		read = func(*source, field) (*Tensor, error) { t := *n.made; return &t, nil }
	}
	t, err := get(n, name, KindTensor, read)
	if err != nil {
		return nil, err
	}
	t.node, t.attribute = n, name
	return t, nil
}

// Strs returns an attribute of kind list(string).
func (n *Node) Strs(name string) ([]string, error) { return list(n, name, ListString, (*source).str) }

// Ints returns an attribute of kind list(int).
func (n *Node) Ints(name string) ([]int64, error) { return list(n, name, ListInt, (*source).integer) }

// Floats returns an attribute of kind list(float).
func (n *Node) Floats(name string) ([]float32, error) {
	return list(n, name, ListFloat, (*source).float)
}

// Bools returns an attribute of kind list(bool).
func (n *Node) Bools(name string) ([]bool, error) { return list(n, name, ListBool, (*source).boolean) }

// Types returns an attribute of kind list(type), each neither invalid nor a reference type.
func (n *Node) Types(name string) ([]DataType, error) {
	return list(n, name, ListType, (*source).dataType)
}

// Shapes returns an attribute of kind list(shape).
func (n *Node) Shapes(name string) ([]Shape, error) { return list(n, name, ListShape, (*source).shape) }

// IntsOf returns an attribute of kind list(int) that has the given length.
func (n *Node) IntsOf(name string, length int) ([]int64, error) {
	ints, err := n.Ints(name)
	if err == nil && len(ints) != length {
		return nil, n.Errorf(name, "got list(int) of length %d, want %d", len(ints), length)
	}
	return ints, err
}

// StrOr, IntOr and the others return the default when the attribute is absent, as it is when an
// older TensorFlow wrote the graph or the value was stripped because it was the op's default.

// StrOr is [Node.Str] with a default.
func (n *Node) StrOr(name, otherwise string) (string, error) {
	return orElse(n, name, otherwise, n.Str)
}

// IntOr is [Node.Int] with a default.
func (n *Node) IntOr(name string, otherwise int64) (int64, error) {
	return orElse(n, name, otherwise, n.Int)
}

// FloatOr is [Node.Float] with a default.
func (n *Node) FloatOr(name string, otherwise float32) (float32, error) {
	return orElse(n, name, otherwise, n.Float)
}

// BoolOr is [Node.Bool] with a default.
func (n *Node) BoolOr(name string, otherwise bool) (bool, error) {
	return orElse(n, name, otherwise, n.Bool)
}

// TypeOr is [Node.Type] with a default.
func (n *Node) TypeOr(name string, otherwise DataType) (DataType, error) {
	return orElse(n, name, otherwise, n.Type)
}

// ShapeOr is [Node.Shape] with a default.
func (n *Node) ShapeOr(name string, otherwise Shape) (Shape, error) {
	return orElse(n, name, otherwise, n.Shape)
}

// StrsOr is [Node.Strs] with a default.
func (n *Node) StrsOr(name string, otherwise []string) ([]string, error) {
	return orElse(n, name, otherwise, n.Strs)
}

// IntsOr is [Node.Ints] with a default.
func (n *Node) IntsOr(name string, otherwise []int64) ([]int64, error) {
	return orElse(n, name, otherwise, n.Ints)
}

// FloatsOr is [Node.Floats] with a default.
func (n *Node) FloatsOr(name string, otherwise []float32) ([]float32, error) {
	return orElse(n, name, otherwise, n.Floats)
}

// Errorf returns an error about an attribute, or about the node if name is empty, in the form of this package's
// errors and wrapping [ErrValue]. It is for callers that check the values of attributes.
func (n *Node) Errorf(name, format string, args ...any) error {
	return in(errorf(ErrValue, format, args...), n, name)
}

func (n *Node) missing(name, want string) error {
	return in(errorf(ErrNoAttribute, "missing%s", want), n, name)
}

func (n *Node) find(name string) (attribute, bool) {
	i := sort.Search(len(n.attributes), func(i int) bool { return n.attributes[i].name >= name })
	if i == len(n.attributes) || n.attributes[i].name != name {
		return attribute{}, false
	}
	return n.attributes[i], true
}

func orElse[T any](n *Node, name string, otherwise T, read func(string) (T, error)) (T, error) {
	if !n.Has(name) {
		return otherwise, nil
	}
	return read(name)
}

// value is an AttrValue opened: its kind, and the field that holds it; for a list the field that holds the ListValue.
type value struct {
	kind  Kind
	field field
	count int // of a list
}

// open finds the attribute and opens it.
func (n *Node) open(name string, want Kind) (value, error) {
	a, ok := n.find(name)
	if !ok {
		return value{}, n.missing(name, ", want "+want.String())
	}
	v, err := n.src.value(a.value)
	if err == nil && v.kind != want && (v.kind != EmptyList || want < ListString) {
		err = errorf(ErrKind, "got %v, want %v", v.kind, want)
	}
	return v, in(err, n, name)
}

// get reads a single value; decode decodes its bits or payload.
func get[T any](n *Node, name string, want Kind, decode func(*source, field) (T, error)) (T, error) {
	var zero T
	v, err := n.open(name, want)
	if err != nil {
		return zero, err
	}
	out, err := decode(n.src, v.field)
	if err != nil {
		return zero, in(err, n, name)
	}
	return out, nil
}

// list reads all values of a list.
func list[T any](n *Node, name string, want Kind, decode func(*source, field) (T, error)) ([]T, error) {
	v, err := n.open(name, want)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, v.count)
	for f, err := range n.src.items(v.field.payload) {
		if err != nil {
			return nil, in(err, n, name)
		}
		item, err := decode(n.src, f)
		if err != nil {
			return nil, in(err, n, name)
		}
		out = append(out, item)
	}
	return slices.Clip(out), nil
}

// value opens an AttrValue.
func (s *source) value(m span) (value, error) {
	var out value
	for f, err := range s.fields(m) {
		if err != nil {
			return out, err
		}
		kind, known := valueKinds[f.number]
		if !known && f.number != valueList {
			continue
		}
		if out.kind != KindNone {
			return out, errorAt(f.at, ErrMalformed, "malformed: more than one value")
		}
		out.kind, out.field = kind, f
		if known {
			err = f.want(kind.wire(), kind.String())
		} else {
			out.kind, out.count, err = s.listKind(f)
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// listKind returns what a ListValue is a list of, and its length.
func (s *source) listKind(f field) (Kind, int, error) {
	if err := f.want(protowire.BytesType, "list"); err != nil {
		return KindNone, 0, err
	}
	kind, count := EmptyList, 0
	for item, err := range s.items(f.payload) {
		if err != nil {
			return KindNone, 0, err
		}
		switch k := listKinds[item.number]; {
		case kind == EmptyList:
			kind = k
		case kind != k:
			return KindNone, 0, errorAt(item.at, ErrMalformed, "malformed: both %v and %v", kind, k)
		}
		if count++; count > s.limits.List {
			return KindNone, 0, errorAt(item.at, ErrLimit, "more than %d values in a list, which is the limit",
				s.limits.List)
		}
	}
	return kind, count, nil
}

// items walks the values of a ListValue, packed ones as fields of their own.
func (s *source) items(m span) func(yield func(field, error) bool) {
	return func(yield func(field, error) bool) {
		for f, err := range s.fields(m) {
			kind, known := listKinds[f.number]
			switch {
			case err != nil:
				yield(f, err)
				return
			case !known:
			case kind.wire() == protowire.BytesType:
				if !yield(f, f.want(protowire.BytesType, kind.String())) {
					return
				}
			default:
				for bits, err := range s.scalars(f, kind.wire(), kind.String()) {
					if !yield(field{number: f.number, wire: kind.wire(), at: f.at, bits: bits}, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// wire is how one value of the kind, or of a list of the kind, is written.
func (k Kind) wire() protowire.Type {
	switch k {
	case KindInt, KindBool, KindType, ListInt, ListBool, ListType:
		return protowire.VarintType
	case KindFloat, ListFloat:
		return protowire.Fixed32Type
	default:
		return protowire.BytesType
	}
}

func (s *source) str(f field) (string, error) { return string(s.bytes(f.payload)), nil }

func (s *source) integer(f field) (int64, error) { return int64(f.bits), nil }

func (s *source) float(f field) (float32, error) { return math.Float32frombits(uint32(f.bits)), nil }

func (s *source) boolean(f field) (bool, error) {
	if f.bits > 1 {
		return false, errorAt(f.at, ErrValue, "got %d, want a bool of 0 or 1", f.bits)
	}
	return f.bits == 1, nil
}

func (s *source) dataType(f field) (DataType, error) { return dataType(f.at, f.bits) }

func (s *source) function(f field) (string, error) {
	name := ""
	for f, err := range s.fields(f.payload) {
		if err == nil && f.number == funcName {
			name, err = s.text(f, "name of a function")
		}
		if err != nil {
			return "", err
		}
	}
	return name, nil
}

func (s *source) shape(f field) (Shape, error) {
	var out Shape
	for f, err := range s.fields(f.payload) {
		if err != nil {
			return Shape{}, err
		}
		switch f.number {
		case shapeDim:
			var d int64
			if d, err = s.dim(f); err == nil && len(out.Dims) == s.limits.Dims {
				err = errorAt(f.at, ErrLimit, "more than %d dimensions, which is the limit", s.limits.Dims)
			}
			out.Dims = append(out.Dims, d)
		case shapeUnknownRank:
			out.UnknownRank, err = f.bits != 0, f.want(protowire.VarintType, "unknown_rank")
		}
		if err != nil {
			return Shape{}, err
		}
	}
	if out.UnknownRank && len(out.Dims) > 0 {
		return Shape{}, errorAt(f.at, ErrValue, "got %d dimensions in a shape of unknown rank", len(out.Dims))
	}
	return out, nil
}

func (s *source) dim(f field) (int64, error) {
	if err := f.want(protowire.BytesType, "dim"); err != nil {
		return 0, err
	}
	size := int64(0)
	for f, err := range s.fields(f.payload) {
		if err == nil && f.number == dimSize {
			size, err = int64(f.bits), f.want(protowire.VarintType, "size of a dimension")
		}
		if err != nil {
			return 0, err
		}
	}
	if size < -1 {
		return 0, errorAt(f.at, ErrValue, "got a dimension of %d, want -1 or more", size)
	}
	return size, nil
}
