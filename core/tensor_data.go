package core

import (
	"fmt"
	"slices"
	"strings"
)

// TypeError reports a tensor whose element type is not one of those that were asked for.
type TypeError struct {
	Got  Type   // Dynamic if there is no tensor
	Want []Type // any of these
}

// Error writes: got a tensor of f32, want u16, bf16 or f16.
func (e *TypeError) Error() string {
	got := "a tensor of " + e.Got.String()
	if e.Got == Dynamic {
		got = "no tensor"
	}
	names := make([]string, len(e.Want))
	for i, t := range e.Want {
		names[i] = t.String()
	}
	want := strings.Join(names, ", ")
	if last := len(names) - 1; last > 0 {
		want = strings.Join(names[:last], ", ") + " or " + names[last]
	}
	return fmt.Sprintf("got %s, want %s", got, want)
}

// typesOver returns the types whose elements DataOf[T] returns.
func typesOver[T Element]() []Type {
	t := typeOf[T]()
	if t == U16 {
		return []Type{U16, BF16, F16}
	}
	return []Type{t}
}

// ofType returns a *TypeError unless t is a tensor of one of some types.
func ofType(t *Tensor, want []Type) error {
	got := Dynamic
	if t != nil {
		got = t.typ
	}
	if slices.Contains(want, got) {
		return nil
	}
	return &TypeError{Got: got, Want: want}
}

// DataOf returns the elements of a tensor without copying them. T is the Go type of the tensor's Type, or
// uint16 for the bits of BF16 and F16. Any other T, and a nil tensor, is a *TypeError. Strings are returned by
// the method Strings.
func DataOf[T Element](t *Tensor) ([]T, error) {
	if err := ofType(t, typesOver[T]()); err != nil {
		return nil, err
	}
	return elementsOf[T](t), nil
}

// numberTypes returns the types that NumbersOf converts. The integers and Bool come first.
func numberTypes() []Type {
	return []Type{Bool, I8, U8, I16, U16, I32, U32, I64, U64, BF16, F16, F32, F64}
}

const wholeTypes = 9 // of them are no reals

// NumbersOf returns the elements of a tensor converted to T, with false as 0 and true as 1. Reals cannot be
// converted to int64. If T is the tensor's own Go type, the result is the data itself and must not be changed.
// A tensor of any other type, and a nil tensor, is a *TypeError.
func NumbersOf[T int64 | float32 | float64](t *Tensor) ([]T, error) {
	var numbers []T
	var err error
	switch out := any(&numbers).(type) {
	case *[]int64:
		if err = ofType(t, numberTypes()[:wholeTypes]); err == nil {
			*out = t.Int64s()
		}
	case *[]float32:
		if err = ofType(t, numberTypes()); err == nil {
			*out = t.Float32s()
		}
	case *[]float64:
		if err = ofType(t, numberTypes()); err == nil {
			*out = t.Float64s()
		}
	}
	return numbers, err
}
