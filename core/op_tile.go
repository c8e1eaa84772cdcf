package core

var _ = Register[Tile]("Tile")

// Tile repeats a tensor.
//
//	y[i] = x[i mod the dimensions of x]
//
//	Inputs:  x: any type, any shape
//	         multiples: i32 or i64, [rank]: how often each dimension is repeated
//	Outputs: y: the type of x; its dimensions times the multiples
//
//	C1: multiples are i32 or i64, of shape [rank], each >= 0
//
// It is nGraph's op::v0::Tile and TensorFlow's Tile.
type Tile struct{}

// InputNames names the inputs.
func (op *Tile) InputNames() []string { return []string{"x", "multiples"} }

// Infer checks C1.
func (op *Tile) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 2); err != nil {
		return nil, err
	}
	if err := checkIndexVector("C1", in, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !s.Ranked() {
		return []Fact{{Type: in[0].Type}}, nil
	}
	if want := (Shape{len(s)}); !in[1].Shape.Compatible(want) {
		return nil, Violation("C1", 1, "got shape %v, want %v: one multiple per dimension of x", in[1].Shape, want)
	}
	multiples, ok := intsOf(in[1])
	if !ok {
		return []Fact{{Type: in[0].Type, Shape: unknownShape(len(s))}}, nil
	}
	out, err := tiled(s, multiples)
	return []Fact{{Type: in[0].Type, Shape: out}}, err
}

func tiled(s Shape, multiples []int64) (Shape, error) {
	out := make(Shape, len(s))
	for i, m := range multiples {
		if m < 0 || m > MaxElements || s[i] > MaxElements {
			return nil, Violation("C1", 1, "got multiples %v, want each in [0, %d]", multiples, int64(MaxElements))
		}
		if out[i] = Unknown; s[i] != Unknown {
			n, err := Shape{s[i], int(m)}.Elements()
			if err != nil {
				return nil, Violation("C1", 1, "got multiples %v for shape %v: %v", multiples, s, err)
			}
			out[i] = n
		}
	}
	return checkedShape(out)
}

// Eval copies x once per repetition.
func (op *Tile) Eval(in, out []*Tensor) error {
	x := in[0]
	multiples := in[1].Int64s()
	to, err := tiled(x.Shape(), multiples)
	if err != nil {
		return err
	}
	if err := ensure(out, 0, x.Type(), to); err != nil {
		return err
	}
	// Split each dimension of y in (repetition, element); x is read with stride 0 along
	// the repetitions.
	dst, src := region{tensor: out[0]}, region{tensor: x}
	var pairs Shape
	from, st := rowMajorStrides(x.Shape()), rowMajorStrides(to)
	for i, d := range x.Shape() {
		pairs = append(pairs, int(multiples[i]), d)
		dst.strides = append(dst.strides, d*st[i], st[i])
		src.strides = append(src.strides, 0, from[i])
	}
	move(dst, src, pairs)
	return nil
}
