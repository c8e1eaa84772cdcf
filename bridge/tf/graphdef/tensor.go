package graphdef

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Tensor is a TensorProto. Its data are in Content, or in a list of values; if there are neither, the elements are
// zeros.
//
// For every Tensor that this package returns: the type is defined and is not a reference type; all dimensions are
// known and their product is within the limit; Content, unless empty, has exactly the right length; the values, if
// any, are in the list that belongs to the type, and are not more than the elements; and it does not have both.
type Tensor struct {
	Type    DataType
	Shape   []int64
	Content []byte // borrowed from the file, at any alignment; little-endian; nil when the data stand elsewhere

	node      *Node
	attribute string
	message   span
	values    protowire.Number // the list that holds values, or 0
	count     int64            // of the elements that the values make
	elements  int64
}

// Field numbers of TensorProto.
const (
	tensorType    protowire.Number = 1
	tensorShape   protowire.Number = 2
	tensorContent protowire.Number = 4
	floatVal      protowire.Number = 5
	doubleVal     protowire.Number = 6
	intVal        protowire.Number = 7
	stringVal     protowire.Number = 8
	scomplexVal   protowire.Number = 9
	int64Val      protowire.Number = 10
	boolVal       protowire.Number = 11
	dcomplexVal   protowire.Number = 12
	halfVal       protowire.Number = 13
	uint32Val     protowire.Number = 16
	uint64Val     protowire.Number = 17
)

// valueList says how the values of a list of TensorProto are written.
var valueLists = map[protowire.Number]struct {
	name string
	wire protowire.Type
}{
	floatVal:    {"float_val", protowire.Fixed32Type},
	doubleVal:   {"double_val", protowire.Fixed64Type},
	intVal:      {"int_val", protowire.VarintType},
	stringVal:   {"string_val", protowire.BytesType},
	scomplexVal: {"scomplex_val", protowire.Fixed32Type},
	int64Val:    {"int64_val", protowire.VarintType},
	boolVal:     {"bool_val", protowire.VarintType},
	dcomplexVal: {"dcomplex_val", protowire.Fixed64Type},
	halfVal:     {"half_val", protowire.VarintType},
	14:          {"resource_handle_val", protowire.BytesType},
	15:          {"variant_val", protowire.BytesType},
	uint32Val:   {"uint32_val", protowire.VarintType},
	uint64Val:   {"uint64_val", protowire.VarintType},
	18:          {"float8_val", protowire.BytesType},
}

// Elements is the product of the dimensions.
func (t *Tensor) Elements() int { return int(t.elements) }

// Bytes returns the elements, little-endian, as exactly Elements*Type.Size() bytes. If there is Content, they are
// Content itself. Otherwise they are newly allocated: as in TensorFlow, the last value of the list is repeated for
// the elements that the list does not reach, and an empty list gives zeros. Repeated elements count against
// [Limits.Expanded], on each call.
//
// A string tensor, and any type without a fixed size, is an error that wraps [ErrTensorType].
func (t *Tensor) Bytes() ([]byte, error) {
	info := types[t.Type]
	if info.size == 0 {
		return nil, t.errorf(ErrTensorType, "%v tensor has no elements of a fixed size", t.Type)
	}
	if t.Content != nil {
		return t.Content, nil
	}
	size := int64(info.size)
	if err := t.expand((t.elements - t.count) * size); err != nil {
		return nil, err
	}
	out := make([]byte, t.elements*size)
	if t.count == 0 {
		return out, nil
	}
	if err := t.decode(out, info); err != nil {
		return nil, in(err, t.node, t.attribute)
	}
	repeatLast(out, int(t.count), info.size)
	return out, nil
}

// decode writes the values to the front of out.
func (t *Tensor) decode(out []byte, info typeInfo) error {
	for v, err := range t.node.src.tensorValues(t.message, t.values) {
		if err != nil {
			return err
		}
		if v.wire == protowire.VarintType && (int64(v.bits) < info.lo || int64(v.bits) > info.hi) {
			return errorAt(v.at, ErrValue, "got the value %d, want %v", int64(v.bits), t.Type)
		}
		var value [8]byte
		binary.LittleEndian.PutUint64(value[:], v.bits)
		out = out[copy(out, value[:info.size/info.values()]):]
	}
	return nil
}

// repeatLast fills what follows the first n elements with the last of them, doubling the run that it copies.
func repeatLast(out []byte, n, size int) {
	run := out[(n-1)*size:]
	for filled := size; filled < len(run); filled *= 2 {
		copy(run[filled:], run[:filled])
	}
}

// Strings returns the elements of a string tensor; the last value of the list repeats as in
// [Tensor.Bytes]. The strings are borrowed from the file; the slices that hold them count against
// [Limits.Expanded].
func (t *Tensor) Strings() ([][]byte, error) {
	if t.Type != String {
		return nil, t.errorf(ErrTensorType, "got a %v tensor, want string", t.Type)
	}
	const header = 24 // of a slice
	if err := t.expand(t.elements * header); err != nil {
		return nil, err
	}
	if t.Content != nil {
		return t.contentStrings()
	}
	out := make([][]byte, 0, t.elements)
	last := []byte{}
	for v, err := range t.node.src.tensorValues(t.message, t.values) {
		if err != nil {
			return nil, in(err, t.node, t.attribute)
		}
		last = t.node.src.bytes(v.payload)
		out = append(out, last)
	}
	for int64(len(out)) < t.elements {
		out = append(out, last)
	}
	return out, nil
}

// contentStrings reads TensorFlow's encoding of strings in tensor_content: all lengths as varints, then all bytes.
func (t *Tensor) contentStrings() ([][]byte, error) {
	// A string takes at least the byte of its length, so the count is bounded before it is allocated.
	if t.elements > int64(len(t.Content)) {
		return nil, t.errorf(ErrValue, "got %d bytes of tensor_content, want %d strings", len(t.Content), t.elements)
	}
	lengths := make([]uint64, t.elements)
	rest := t.Content
	for i := range lengths {
		length, n := protowire.ConsumeVarint(rest)
		if n < 0 {
			return nil, t.errorf(ErrMalformed, "malformed: length of string %d: %s", i, reason(n))
		}
		lengths[i], rest = length, rest[n:]
	}
	out := make([][]byte, t.elements)
	for i, length := range lengths {
		if length > uint64(len(rest)) {
			return nil, t.errorf(ErrValue, "string %d: got %d bytes of tensor_content, want %d", i, len(rest), length)
		}
		out[i], rest = rest[:length:length], rest[length:]
	}
	if len(rest) > 0 {
		return nil, t.errorf(ErrValue, "got %d bytes of tensor_content after the last string", len(rest))
	}
	return out, nil
}

// expand counts bytes that the file does not hold against the limit.
func (t *Tensor) expand(n int64) error {
	src := t.node.src
	if !src.expanded.take(n) {
		return t.errorf(ErrLimit, "%v %v takes %d bytes more than the file holds of it, the limit for the graph is %d",
			t.Type, Shape{Dims: t.Shape}, n, src.limits.Expanded)
	}
	return nil
}

func (t *Tensor) errorf(reason error, format string, args ...any) error {
	return in(errorf(reason, format, args...), t.node, t.attribute)
}

// tensor reads a TensorProto up to its values and checks what [Tensor] promises.
func (s *source) tensor(f field) (*Tensor, error) {
	t := &Tensor{message: f.payload}
	shapes, typeBits := 0, uint64(0)
	for f, err := range s.fields(f.payload) {
		if err != nil {
			return nil, err
		}
		switch f.number {
		case tensorType:
			typeBits, err = f.bits, f.want(protowire.VarintType, "dtype")
		case tensorShape:
			shapes++
			err = s.tensorShape(f, t)
		case tensorContent:
			t.Content, err = s.content(f)
		default:
			err = t.noteValues(f)
		}
		if err != nil {
			return nil, err
		}
	}
	if shapes > 1 {
		return nil, errorAt(f.at, ErrMalformed, "malformed: %d shapes", shapes)
	}
	var err error
	if t.Type, err = dataType(f.at, typeBits); err != nil {
		return nil, err
	}
	return t, s.checkTensor(f.at, t)
}

func (s *source) tensorShape(f field, t *Tensor) error {
	if err := f.want(protowire.BytesType, "shape"); err != nil {
		return err
	}
	shape, err := s.shape(f)
	if err != nil {
		return err
	}
	if shape.UnknownRank {
		return errorAt(f.at, ErrValue, "got a tensor of unknown rank")
	}
	t.Shape = shape.Dims
	return nil
}

func (s *source) content(f field) ([]byte, error) {
	if err := f.want(protowire.BytesType, "tensor_content"); err != nil || f.payload.size() == 0 {
		return nil, err
	}
	return s.bytes(f.payload), nil
}

// noteValues remembers which list of values is used.
func (t *Tensor) noteValues(f field) error {
	list, ok := valueLists[f.number]
	if !ok || f.wire == protowire.BytesType && f.payload.size() == 0 && list.wire != protowire.BytesType {
		return nil
	}
	if t.values != 0 && t.values != f.number {
		return errorAt(f.at, ErrValue, "got both %s and %s", valueLists[t.values].name, list.name)
	}
	t.values = f.number
	return nil
}

func (s *source) checkTensor(at int, t *Tensor) error {
	shape, info := Shape{Dims: t.Shape}, types[t.Type]
	var ok bool
	if t.elements, ok = s.limits.elements(t.Shape); !ok {
		return errorAt(at, ErrLimit, "got a tensor of shape %v, want known dimensions whose product is at most %d",
			shape, s.limits.Elements)
	}
	switch content := int64(len(t.Content)); {
	case content > 0 && t.values != 0:
		return errorAt(at, ErrValue, "got both tensor_content and %s", valueLists[t.values].name)
	case content > 0 && info.size > 0 && content != t.elements*int64(info.size):
		return errorAt(at, ErrValue, "got %d bytes of tensor_content, want %d (%v %v)", content,
			t.elements*int64(info.size), t.Type, shape)
	case t.values == 0:
		return nil
	case info.list == 0:
		return errorAt(at, ErrValue, "got a %v tensor as %s, which is not supported", t.Type, valueLists[t.values].name)
	case info.list != t.values:
		return errorAt(at, ErrValue, "got a %v tensor as %s, want %s", t.Type, valueLists[t.values].name,
			valueLists[info.list].name)
	}
	return s.countValues(at, t)
}

func (s *source) countValues(at int, t *Tensor) error {
	for _, err := range s.tensorValues(t.message, t.values) {
		if err != nil {
			return err
		}
		t.count++
	}
	if each := int64(types[t.Type].values()); each > 1 {
		if t.count%each != 0 {
			return errorAt(at, ErrValue, "got %d values in %s, want %d for each element", t.count,
				valueLists[t.values].name, each)
		}
		t.count /= each
	}
	if t.count > t.elements {
		return errorAt(at, ErrValue, "got %d values in %s, want at most %d (%v %v)",
			t.count, valueLists[t.values].name, t.elements, t.Type, Shape{Dims: t.Shape})
	}
	return nil
}

// tensorValues walks the values of one list of a TensorProto, packed ones as fields of their own.
func (s *source) tensorValues(m span, number protowire.Number) func(yield func(field, error) bool) {
	list := valueLists[number]
	return func(yield func(field, error) bool) {
		for f, err := range s.fields(m) {
			switch {
			case err != nil:
				yield(f, err)
				return
			case f.number != number:
			case list.wire == protowire.BytesType:
				if err := f.want(list.wire, list.name); !yield(f, err) || err != nil {
					return
				}
			default:
				for bits, err := range s.scalars(f, list.wire, list.name) {
					if !yield(field{number: number, wire: list.wire, at: f.at, bits: bits}, err) || err != nil {
						return
					}
				}
			}
		}
	}
}
