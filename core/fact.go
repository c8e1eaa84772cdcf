package core

// Fact is what is known about a value before it is computed: its element type and its shape. Either may be
// unknown, and the shape may be partly known.
type Fact struct {
	Type  Type  `json:"type"`
	Shape Shape `json:"shape"`
}

// Bytes returns the size of a tensor with a static fact. For strings, it counts their headers. It cannot
// overflow, since shapes have at most MaxElements elements.
func (f Fact) Bytes() (int64, error) {
	n, err := f.Shape.Elements()
	if err != nil {
		return 0, err
	}
	const header = 16
	if f.Type == String {
		return int64(n) * header, nil
	}
	return int64(n) * int64(f.Type.Size()), nil
}

// String writes f32[2,?].
func (f Fact) String() string { return f.Type.String() + f.Shape.String() }

// Static reports whether type and shape are fully known.
func (f Fact) Static() bool { return f.Type != Dynamic && f.Shape.Static() }
