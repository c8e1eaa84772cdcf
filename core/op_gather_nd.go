package core

import "slices"

var (
	_ = register[GatherND]("GatherND")
	_ = register[ScatterND]("ScatterND")
)

// GatherND takes slices of a tensor by indices of several dimensions.
//
//	y[i..., r...] = x[indices[i..., 0], ..., indices[i..., K-1], r...]
//
//	Inputs:  x: any type, rank K or more
//	         indices: an integer type, [i..., K]
//	Outputs: y: the type of x, [i..., r...]
//
//	C1: indices are i16, i32 or i64 of rank 1 or more
//	C2: K is at most the rank of x
//	C3: each index is inside its dimension
//
// It is nGraph's op::v0::GatherND and TensorFlow's GatherNd.
type GatherND struct{}

// InputNames names the inputs.
func (op *GatherND) InputNames() []string { return []string{"x", "indices"} }

// Infer checks C1 and C2.
func (op *GatherND) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	rest, err := indexedRest(in[0].Shape, in, 1)
	if err != nil || !rest.Ranked() {
		return []Fact{{in[0].Type, nil}}, err
	}
	at := in[1].Shape
	out, err := checkedShape(joinedShapes(at[:len(at)-1], rest))
	return []Fact{{in[0].Type, out}}, err
}

// indexedRest checks C1 and C2 of indices, input i, and returns the dimensions of a shape
// behind those that are indexed; nil if they are not known.
func indexedRest(s Shape, in []Operand, i int) (Shape, error) {
	o := in[i]
	if o.Type != I16 && o.Type != I32 && o.Type != I64 && o.Type != Dynamic || o.Shape.Ranked() && len(o.Shape) == 0 {
		return nil, Violation("C1", i, "got %v, want i16, i32 or i64 of rank 1 or more", o.Fact)
	}
	if !o.Shape.Ranked() || !s.Ranked() || o.Shape[len(o.Shape)-1] == Unknown {
		return nil, nil
	}
	k := o.Shape[len(o.Shape)-1]
	if k > len(s) {
		return nil, Violation("C2", i, "got shape %v, want at most %d indices into shape %v", o.Shape, len(s), s)
	}
	return append(Shape{}, s[k:]...), nil
}

// eachIndexed calls f with the number of each slice and its place in the indexed tensor, in
// slices.
func eachIndexed(s Shape, indices *Tensor, f func(i, at int)) error {
	k := indices.shape[len(indices.shape)-1]
	v := indices.Int64s()
	for i := range Shape(indices.shape[:len(indices.shape)-1]).elements() {
		at := 0
		for j, x := range v[i*k : (i+1)*k] {
			if x < 0 || x >= int64(s[j]) {
				return Violation("C3", 1, "got index %v, want one inside %v", v[i*k:(i+1)*k], s[:k])
			}
			at = at*s[j] + int(x)
		}
		f(i, at)
	}
	return nil
}

// Eval copies each slice.
func (op *GatherND) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	at := in[1].shape
	n := Shape(in[0].shape[at[len(at)-1]:]).elements()
	return eachIndexed(in[0].shape, in[1], func(i, from int) { copyUnit(out[0], i*n, in[0], from*n, n) })
}

// ScatterMode says what ScatterND does with the elements that are there.
type ScatterMode uint8

// The modes.
const (
	ScatterUpdate ScatterMode = iota // they are replaced
	ScatterAdd                       // what comes is added
	ScatterSubtract
	ScatterMin
	ScatterMax
	numScatterModes
)

var scatterModeNames = [numScatterModes]string{"Update", "Add", "Subtract", "Min", "Max"}

// String returns the mode's name.
func (m ScatterMode) String() string { return enumName(m, scatterModeNames[:]) }

// MarshalText makes a ScatterMode its name in JSON.
func (m ScatterMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses a mode's name.
func (m *ScatterMode) UnmarshalText(b []byte) error {
	return parseEnum(m, string(b), "scatter mode", scatterModeNames[:])
}

// ScatterND combines slices of a tensor with others, in their order.
//
//	y = x, then y[indices[i..., 0], ..., indices[i..., K-1], r...] Mode= updates[i..., r...]
//
//	Inputs:  x: any type, rank K or more; a number for the modes that compute
//	         indices: an integer type, [i..., K]
//	         updates: the type of x, [i..., r...]
//	Outputs: y: the type and shape of x
//
//	C1: indices are i16, i32 or i64 of rank 1 or more
//	C2: K is at most the rank of x
//	C3: each index is inside its dimension
//	C4: updates have the type of x and the shape [i..., r...]
//	C5: Mode is one of the modes; x is a number (not u64) if it computes
//
// It is TensorFlow's ScatterNd (of zeros, Add), TensorScatterUpdate, TensorScatterAdd and
// so on.
type ScatterND struct {
	Mode ScatterMode `json:"mode"`
}

// InputNames names the inputs.
func (op *ScatterND) InputNames() []string { return []string{"x", "indices", "updates"} }

// Infer checks C1, C2, C4 and C5.
func (op *ScatterND) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	t := max(in[0].Type, in[2].Type)
	switch {
	case op.Mode >= numScatterModes:
		return nil, Violation("C5", -1, "unknown mode %d", op.Mode)
	case op.Mode != ScatterUpdate && (!isNumber(t) || t == U64):
		return nil, Violation("C5", 0, "got type %v, want a number other than u64 for mode %v", t, op.Mode)
	case !in[0].Type.compatible(in[2].Type):
		return nil, Violation("C4", 2, "got type %v, want %v", in[2].Type, in[0].Type)
	}
	rest, err := indexedRest(in[0].Shape, in, 1)
	if err != nil || !rest.Ranked() {
		return []Fact{{t, in[0].Shape}}, err
	}
	at := in[1].Shape
	if want := joinedShapes(at[:len(at)-1], rest); !in[2].Shape.Compatible(want) {
		return nil, Violation("C4", 2, "got shape %v, want %v", in[2].Shape, want)
	}
	return []Fact{{t, in[0].Shape}}, nil
}

// Eval combines slice by slice.
func (op *ScatterND) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	y, at := out[0], in[1].shape
	y.copyFrom(in[0])
	n := Shape(in[0].shape[at[len(at)-1]:]).elements()
	switch {
	case op.Mode == ScatterUpdate:
		return eachIndexed(y.shape, in[1], func(i, to int) { copyUnit(y, to*n, in[2], i*n, n) })
	case y.typ == F64:
		f := scatterRow(op.Mode).real64
		d, u := Data[float64](y), Data[float64](in[2])
		return eachIndexed(y.shape, in[1], func(i, to int) { combine(d[to*n:(to+1)*n], u[i*n:], f) })
	case y.typ.IsFloat():
		f := scatterRow(op.Mode).real32
		d, u := slices.Clone(y.Float32s()), in[2].Float32s()
		err := eachIndexed(y.shape, in[1], func(i, to int) { combine(d[to*n:(to+1)*n], u[i*n:], f) })
		y.setFloat32s(d)
		return err
	}
	whole := scatterRow(op.Mode).whole
	f := func(a, b int64) int64 {
		v, _ := whole(a, b) // none of the modes has an error
		return v
	}
	d, u := slices.Clone(y.Int64s()), in[2].Int64s()
	err := eachIndexed(y.shape, in[1], func(i, to int) { combine(d[to*n:(to+1)*n], u[i*n:], f) })
	y.setInts(d)
	return err
}

func combine[T any](d, u []T, f func(a, b T) T) {
	for i, v := range d {
		d[i] = f(v, u[i])
	}
}

func scatterRow(m ScatterMode) arithmetic {
	switch m {
	case ScatterAdd:
		return addRow
	case ScatterSubtract:
		return subtractRow
	case ScatterMin:
		return minimumRow
	}
	return maximumRow
}
