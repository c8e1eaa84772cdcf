package core

var _ = Register[Slice]("Slice")

// Slice takes a block of elements.
//
//	Inputs:  x: any type, any shape
//	         begin: i32 or i64, [rank]: the first element
//	         size: i32 or i64, [rank]: the dimensions; -1 takes all that is left
//	Outputs: y: the type of x, of shape size
//
//	C1: begin and size are i32 or i64, of shape [rank]
//	C2: the block lies inside x
//
// It is TensorFlow's Slice.
type Slice struct{}

// InputNames names the inputs.
func (op *Slice) InputNames() []string { return []string{"x", "begin", "size"} }

// Infer checks C1 and C2.
func (op *Slice) Infer(in []Operand) ([]Fact, error) {
	if err := wantInputs(in, 3); err != nil {
		return nil, err
	}
	s := in[0].Shape
	rank := Shape{Unknown}
	if s.Ranked() {
		rank[0] = len(s)
	}
	for i := 1; i < 3; i++ {
		if err := checkIndexVector("C1", in, i); err != nil {
			return nil, err
		}
		if !in[i].Shape.Compatible(rank) {
			return nil, Violation("C1", i, "got shape %v, want %v: one number per dimension of x", in[i].Shape, rank)
		}
	}
	if !s.Ranked() {
		return []Fact{{Type: in[0].Type}}, nil
	}
	begin, ok1 := intsOf(in[1])
	size, ok2 := intsOf(in[2])
	if !ok1 || !ok2 {
		return []Fact{{Type: in[0].Type, Shape: unknownShape(len(s))}}, nil
	}
	out, err := blockShape(s, begin, size)
	return []Fact{{Type: in[0].Type, Shape: out}}, err
}

// blockShape checks C2 and returns the block's shape.
func blockShape(s Shape, begin, size []int64) (Shape, error) {
	out := make(Shape, len(s))
	for i, d := range s {
		n := size[i]
		if n == -1 && d != Unknown {
			n = int64(d) - begin[i]
		}
		outside := d != Unknown && (begin[i] > int64(d) || n > int64(d)-begin[i])
		if begin[i] < 0 || n < -1 || n == -1 && d != Unknown || outside || n > MaxElements {
			return nil, Violation("C2", -1, "got begin %v and size %v, want a block inside shape %v", begin, size, s)
		}
		out[i] = int(n)
	}
	return out, nil
}

// Eval copies the block.
func (op *Slice) Eval(in, out []*Tensor) error {
	begin := in[1].Int64s()
	s, err := blockShape(in[0].Shape(), begin, in[2].Int64s())
	if err != nil {
		return err
	}
	if err := ensure(out, 0, in[0].Type(), s); err != nil {
		return err
	}
	src := whole(in[0])
	for i, b := range begin {
		src.at += int(b) * src.strides[i]
	}
	move(whole(out[0]), src, s)
	return nil
}
