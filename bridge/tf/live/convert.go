//go:build tensorflow

package live

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"

	"github.com/wamuir/graft/tensorflow"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// kind says which core type has the elements of a TensorFlow type, and as which TensorFlow type they are
// copied: the Go binding can copy only a few plain types, and the others are views of these.
type kind struct {
	core core.Type
	copy tensorflow.DataType
}

func kinds() map[graphdef.DataType]kind {
	return map[graphdef.DataType]kind{
		graphdef.Float: {core.F32, tensorflow.Float}, graphdef.Double: {core.F64, tensorflow.Double},
		graphdef.Int8: {core.I8, tensorflow.Int8}, graphdef.Uint8: {core.U8, tensorflow.Uint8},
		graphdef.Int16: {core.I16, tensorflow.Int16}, graphdef.Uint16: {core.U16, tensorflow.Uint16},
		graphdef.Int32: {core.I32, tensorflow.Int32}, graphdef.Uint32: {core.U32, tensorflow.Int32},
		graphdef.Int64: {core.I64, tensorflow.Int64}, graphdef.Uint64: {core.U64, tensorflow.Int64},
		graphdef.Bool: {core.Bool, tensorflow.Bool}, graphdef.String: {core.String, tensorflow.String},
		graphdef.Qint8: {core.I8, tensorflow.Int8}, graphdef.Quint8: {core.U8, tensorflow.Uint8},
		graphdef.Qint16: {core.I16, tensorflow.Int16}, graphdef.Quint16: {core.U16, tensorflow.Uint16},
		graphdef.Qint32:   {core.I32, tensorflow.Int32},
		graphdef.Bfloat16: {core.BF16, tensorflow.Uint16}, graphdef.Half: {core.F16, tensorflow.Uint16},
	}
}

// ToTensorFlow converts a tensor to a TensorFlow tensor of the given type, whose elements must be stored like
// t's: quint8 for u8, for example. The elements are copied once. If the Go binding cannot fill the type, the
// copy is reinterpreted by a Bitcast, which copies nothing.
func ToTensorFlow(t *core.Tensor, as graphdef.DataType) (*tensorflow.Tensor, error) {
	k, ok := kinds()[as]
	if !ok || t == nil || t.Type() != k.core {
		return nil, fmt.Errorf("got %v, which is no %v", t, as)
	}
	shape := make([]int64, len(t.Shape()))
	for i, d := range t.Shape() {
		shape[i] = int64(d)
	}
	if k.core == core.String {
		return texts(t.Strings(), shape)
	}
	out, err := tensorflow.ReadTensor(k.copy, shape, bytes.NewReader(t.Bytes()))
	if err != nil {
		return nil, err
	}
	return view(out, tensorflow.DataType(as))
}

// FromTensorFlow converts a TensorFlow tensor to a core tensor. A quantized type becomes its plain integer
// type. The elements are copied once.
func FromTensorFlow(t *tensorflow.Tensor) (*core.Tensor, error) {
	typ := graphdef.DataType(t.DataType())
	k, ok := kinds()[typ]
	if !ok {
		return nil, fmt.Errorf("type %v is not supported", typ)
	}
	shape := make(core.Shape, len(t.Shape()))
	for i, d := range t.Shape() {
		shape[i] = int(d)
	}
	if k.core == core.String {
		return core.StringTensor(shape, flat(reflect.ValueOf(t.Value()), nil))
	}
	plain, err := view(t, k.copy)
	if err != nil {
		return nil, err
	}
	out, err := core.NewTensor(k.core, shape)
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(out.Bytes()[:0])
	if n, err := plain.WriteContentsTo(b); err != nil || n != int64(len(out.Bytes())) {
		return nil, fmt.Errorf("got %d bytes of %v: %w", n, out, err)
	}
	return out, nil
}

// texts makes a tensor of strings, which the binding takes as nested slices.
func texts(list []string, shape []int64) (*tensorflow.Tensor, error) {
	if len(shape) == 0 {
		return tensorflow.NewTensor(list[0])
	}
	v := reflect.ValueOf(list)
	for k := len(shape) - 1; k > 0; k-- {
		n := int(shape[k])
		rows := 1
		for _, d := range shape[:k] {
			rows *= int(d)
		}
		next := reflect.MakeSlice(reflect.SliceOf(v.Type()), rows, rows)
		for i := range rows {
			next.Index(i).Set(v.Slice(i*n, (i+1)*n))
		}
		v = next
	}
	return tensorflow.NewTensor(v.Interface())
}

// flat appends the strings in nested slices to list.
func flat(v reflect.Value, list []string) []string {
	if v.Kind() == reflect.String {
		return append(list, v.String())
	}
	for i := range v.Len() {
		list = flat(v.Index(i), list)
	}
	return list
}

// casts caches graphs of a single Bitcast, by the types that it converts between.
var casts = struct {
	mu   sync.Mutex
	made map[[2]tensorflow.DataType]*cast
}{made: map[[2]tensorflow.DataType]*cast{}}

type cast struct {
	session *tensorflow.Session
	in, out tensorflow.Output
}

// view returns a tensor of another type over the same elements.
func view(t *tensorflow.Tensor, as tensorflow.DataType) (*tensorflow.Tensor, error) {
	if t.DataType() == as {
		return t, nil
	}
	c, err := castTo(t.DataType(), as)
	if err != nil {
		return nil, err
	}
	out, err := c.session.Run(map[tensorflow.Output]*tensorflow.Tensor{c.in: t}, []tensorflow.Output{c.out}, nil)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func castTo(from, to tensorflow.DataType) (*cast, error) {
	casts.mu.Lock()
	defer casts.mu.Unlock()
	key := [2]tensorflow.DataType{from, to}
	if c := casts.made[key]; c != nil {
		return c, nil
	}
	g := tensorflow.NewGraph()
	in, err := g.AddOperation(tensorflow.OpSpec{
		Type: "Placeholder", Name: "x", Attrs: map[string]any{"dtype": from},
	})
	if err != nil {
		return nil, err
	}
	out, err := g.AddOperation(tensorflow.OpSpec{
		Type: "Bitcast", Name: "y", Input: []tensorflow.Input{in.Output(0)}, Attrs: map[string]any{"T": from, "type": to},
	})
	if err != nil {
		return nil, err
	}
	s, err := tensorflow.NewSession(g, nil)
	if err != nil {
		return nil, err
	}
	c := &cast{s, in.Output(0), out.Output(0)}
	casts.made[key] = c
	return c, nil
}
