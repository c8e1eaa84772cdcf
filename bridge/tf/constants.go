package tf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// ConstantSpec gives a Placeholder a value.
type ConstantSpec struct {
	Name  string       // of the node
	Value *core.Tensor // of the Placeholder's type
	Text  string       // without Value: its JSON, "false" or "[1,2]", of the type and any shape that fits
}

// ParseConstantSpec reads NAME=VALUE, where VALUE is JSON.
func ParseConstantSpec(s string) (ConstantSpec, error) {
	name, text, ok := strings.Cut(s, "=")
	if !ok || name == "" || text == "" {
		return ConstantSpec{}, fmt.Errorf("got %q, want NAME=VALUE, phase_train=false for example", s)
	}
	return ConstantSpec{Name: name, Text: text}, nil
}

// constants gives Placeholders their values.
func (t *translation) constants(specs []ConstantSpec) error {
	for _, s := range specs {
		name, n, err := find(t.graph, "constant", s.Name)
		if err != nil {
			return err
		}
		if !isPlaceholder(n) || name.port != 0 {
			return fmt.Errorf("constant %q: the node is %s, want a Placeholder", s.Name, n.Op)
		}
		if t.fixed[name] != nil {
			return fmt.Errorf("constant %q: given twice", s.Name)
		}
		typ, err := t.typeOfTensor(name, n)
		if err != nil {
			return err
		}
		x := s.Value
		if x == nil {
			if x, err = parseConstant(typ, s.Text); err != nil {
				return fmt.Errorf("constant %q: %w", s.Name, err)
			}
		}
		shape, err := t.shapeOfTensor(name, n)
		if err != nil {
			return err
		}
		if x.Type() != typ || !x.Shape().Compatible(shape) {
			return fmt.Errorf("constant %q: got %v, want %v", s.Name, x.Fact(), core.Fact{Type: typ, Shape: shape})
		}
		t.fixed[name] = x
	}
	return nil
}

// parseConstant reads a JSON value, or nested lists of values, as a tensor.
func parseConstant(typ core.Type, text string) (*core.Tensor, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if _, end := d.Token(); err != nil || !errors.Is(end, io.EOF) {
		return nil, fmt.Errorf("got %q, want a JSON value: a number, true, false, a string, or a list of them", text)
	}
	var elements []any
	shape, err := flatten(v, &elements, 0)
	if err != nil {
		return nil, err
	}
	return constantOf(typ, shape, elements)
}

// flatten appends the elements of nested lists and returns their shape.
func flatten(v any, elements *[]any, depth int) (core.Shape, error) {
	list, isList := v.([]any)
	if !isList {
		*elements = append(*elements, v)
		return core.Shape{}, nil
	}
	if depth == core.MaxRank {
		return nil, fmt.Errorf("got lists nested deeper than %d", core.MaxRank)
	}
	var inner core.Shape
	for i, x := range list {
		s, err := flatten(x, elements, depth+1)
		if err != nil {
			return nil, err
		}
		if i > 0 && !s.Equal(inner) {
			return nil, fmt.Errorf("got lists of different lengths, want all of one shape")
		}
		inner = s
	}
	return append(core.Shape{len(list)}, inner...), nil
}

// constantOf returns a tensor of JSON values. Its type must represent them exactly, except that reals may be
// rounded.
func constantOf(typ core.Type, shape core.Shape, elements []any) (*core.Tensor, error) {
	wrong := func(v any) error { return fmt.Errorf("got %v, want values of %v", v, typ) }
	switch typ {
	case core.Bool:
		return convertAll(shape, elements, func(v any) (bool, error) {
			b, ok := v.(bool)
			if !ok {
				return false, wrong(v)
			}
			return b, nil
		})
	case core.String:
		texts := make([]string, len(elements))
		for i, v := range elements {
			s, ok := v.(string)
			if !ok {
				return nil, wrong(v)
			}
			texts[i] = s
		}
		return core.StringTensor(shape, texts)
	}
	if typ.IsInteger() {
		return integersOf(typ, shape, elements, wrong)
	}
	numbers, err := convertAll(shape, elements, func(v any) (float64, error) {
		n, ok := v.(json.Number)
		if !ok {
			return 0, wrong(v)
		}
		f, err := n.Float64()
		if err != nil {
			return 0, wrong(v)
		}
		return f, nil
	})
	if err != nil || typ == core.F64 {
		return numbers, err
	}
	out, back, err := thereAndBack(numbers, typ)
	if err != nil {
		return nil, err
	}
	for i, f := range core.Data[float64](back) {
		if math.IsInf(f, 0) {
			return nil, wrong(elements[i])
		}
	}
	return out, nil
}

// integersOf returns a tensor of integers that its type must be able to represent.
func integersOf(typ core.Type, shape core.Shape, elements []any, wrong func(any) error) (*core.Tensor, error) {
	if typ == core.U64 {
		return convertAll(shape, elements, func(v any) (uint64, error) {
			n, _ := v.(json.Number)
			if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
				return u, nil
			}
			i, ok := whole(v)
			if !ok || i < 0 {
				return 0, wrong(v)
			}
			return uint64(i), nil
		})
	}
	numbers, err := convertAll(shape, elements, func(v any) (int64, error) {
		i, ok := whole(v)
		if !ok {
			return 0, wrong(v)
		}
		return i, nil
	})
	if err != nil || typ == core.I64 {
		return numbers, err
	}
	out, back, err := thereAndBack(numbers, typ)
	if err != nil {
		return nil, err
	}
	for i, n := range core.Data[int64](numbers) {
		if core.Data[int64](back)[i] != n {
			return nil, wrong(elements[i])
		}
	}
	return out, nil
}

// maxWholeReal is the limit up to which each real is the value of exactly one integer.
const maxWholeReal = 1 << 53

// whole returns the integer that a JSON value, such as 2, 2.0 or 2e3, represents; false if it is not an
// integer of 64 bits.
func whole(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if i, err := n.Int64(); err == nil {
		return i, true
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= maxWholeReal {
		return 0, false
	}
	return int64(f), true
}

// thereAndBack converts a tensor to another type and back.
func thereAndBack(x *core.Tensor, typ core.Type) (there, back *core.Tensor, err error) {
	out, err := core.EvalOp(&pointwise.Convert{Type: typ}, []*core.Tensor{x})
	if err != nil {
		return nil, nil, err
	}
	returned, err := core.EvalOp(&pointwise.Convert{Type: x.Type()}, out)
	if err != nil {
		return nil, nil, err
	}
	return out[0], returned[0], nil
}

// convertAll applies convert to each element and returns a tensor of the results.
func convertAll[T bool | float64 | int64 | uint64](
	shape core.Shape, elements []any, convert func(any) (T, error),
) (*core.Tensor, error) {
	data := make([]T, len(elements))
	for i, v := range elements {
		var err error
		if data[i], err = convert(v); err != nil {
			return nil, err
		}
	}
	return core.TensorOf(shape, data)
}
