package core

var (
	_ = register[EnsureShape]("EnsureShape")
	_ = register[Bitcast]("Bitcast")
	_ = register[BandPart]("BandPart")
)

// EnsureShape passes a tensor on whose shape is as expected.
//
//	Inputs:  x: any type, any shape
//	Outputs: y: the type of x, its shape narrowed to Shape
//
//	C1: the shape of x can be Shape
//
// It is TensorFlow's EnsureShape.
type EnsureShape struct {
	Shape Shape `json:"shape"`
}

// Infer checks C1.
func (op *EnsureShape) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	for _, d := range op.Shape {
		if d < Unknown {
			return nil, Violation("C1", -1, "shape: got %v, want dimensions >= 0, or unknown", op.Shape)
		}
	}
	s, ok := in[0].Shape.Merge(op.Shape)
	if !ok {
		return nil, Violation("C1", 0, "got shape %v, want %v", in[0].Shape, op.Shape)
	}
	s, err := checkedShape(s)
	return []Fact{{in[0].Type, s}}, err
}

// Eval keeps the elements.
func (op *EnsureShape) Eval(in, out []*Tensor) error {
	if !in[0].shape.Compatible(op.Shape) {
		return Violation("C1", 0, "got shape %v, want %v", in[0].shape, op.Shape)
	}
	fill(out, in[0])
	return nil
}

// Bitcast takes the bytes of elements as those of another type, little-endian.
//
//	Inputs:  x: any type but string, any shape
//	Outputs: y: Type; the shape of x if the types have one size; with a last dimension more
//	         if Type is smaller, that holds the parts; without the last dimension if it is
//	         larger
//
//	C1: x and Type have elements of a fixed size; neither is boolean, unless both are
//	C2: if Type is larger, the last dimension of x makes one element of it
//
// It is TensorFlow's Bitcast.
type Bitcast struct {
	Type Type `json:"type"`
}

// Infer checks C1 and C2.
func (op *Bitcast) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 1); err != nil {
		return nil, err
	}
	from, to, s := in[0].Type.Size(), op.Type.Size(), in[0].Shape
	if to == 0 || from == 0 && in[0].Type != Dynamic || (op.Type == Bool) != (in[0].Type == Bool) && in[0].Type != Dynamic {
		return nil, Violation("C1", 0, "got %v to make %v of, want types of a fixed size, not boolean", in[0].Type, op.Type)
	}
	switch {
	case in[0].Type == Dynamic || !s.Ranked():
		return []Fact{{op.Type, nil}}, nil
	case from == to:
		return []Fact{{op.Type, s}}, nil
	case from > to:
		s, err := checkedShape(joinedShapes(s, Shape{from / to}))
		return []Fact{{op.Type, s}}, err
	}
	if last := len(s) - 1; last < 0 || s[last] != Unknown && s[last] != to/from {
		return nil, Violation("C2", 0, "got shape %v of %v, want %d as the last dimension to make %v", s, in[0].Type, to/from, op.Type)
	}
	return []Fact{{op.Type, joinedShapes(s[:len(s)-1])}}, nil
}

// Eval keeps the bytes.
func (op *Bitcast) Eval(in, out []*Tensor) error {
	facts, err := op.Infer([]Operand{{in[0].Fact(), in[0]}})
	if err != nil {
		return err
	}
	t, err := TensorOver(op.Type, facts[0].Shape, in[0].data)
	if err != nil {
		return err
	}
	fill(out, t)
	return nil
}

// BandPart keeps the elements of matrices near the diagonal; the others become 0.
//
//	y[..., i, j] = x[..., i, j] if (lower < 0 or i-j <= lower) and (upper < 0 or j-i <= upper), else 0
//
//	Inputs:  x: any type but string, [..., rows, columns]
//	         lower, upper: i32 or i64, []
//	Outputs: y: the type and shape of x
//
//	C1: x is not string, of rank 2 or more
//	C2: lower and upper are i32 or i64 of shape [], at most the rows and columns
//
// It is TensorFlow's MatrixBandPart.
type BandPart struct{}

// InputNames names the inputs.
func (op *BandPart) InputNames() []string { return []string{"x", "lower", "upper"} }

// Infer checks C1 and C2.
func (op *BandPart) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if in[0].Type == String || s.Ranked() && len(s) < 2 {
		return nil, Violation("C1", 0, "got %v, want rank 2 or more, not string", in[0].Fact)
	}
	for i, o := range in[1:] {
		if o.Type != I32 && o.Type != I64 && o.Type != Dynamic || !o.Shape.Compatible(Shape{}) {
			return nil, Violation("C2", i+1, "got %v, want i32 or i64 of shape []", o.Fact)
		}
		v, ok := intsOf(o)
		if ok && s.Ranked() && s[len(s)-2+i] != Unknown && v[0] > int64(s[len(s)-2+i]) {
			return nil, Violation("C2", i+1, "got %d for shape %v, want at most %d", v[0], s, s[len(s)-2+i])
		}
	}
	return []Fact{in[0].Fact}, nil
}

// Eval copies row by row.
func (op *BandPart) Eval(in, out []*Tensor) error {
	if err := allocate(op, in, out); err != nil {
		return err
	}
	clear(out[0].data)
	s := in[0].shape
	rows, columns := s[len(s)-2], s[len(s)-1]
	lower, upper := in[1].Int64s()[0], in[2].Int64s()[0]
	for r := range Shape(s[:len(s)-1]).elements() {
		i := int64(r % rows)
		from, to := int64(0), int64(columns)
		if lower >= 0 {
			from = max(i-lower, 0)
		}
		if upper >= 0 {
			to = min(i+upper+1, to)
		}
		if from < to {
			copyUnit(out[0], r*columns+int(from), in[0], r*columns+int(from), int(to-from))
		}
	}
	return nil
}
