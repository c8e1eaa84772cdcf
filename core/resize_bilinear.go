package core

// Between is where an output position lies between two elements of the input: at
// x[Lower] + (x[Upper]-x[Lower])*Fraction, each step rounded.
type Between struct {
	Lower, Upper int
	Fraction     float32
}

// Between returns the place of each of out positions in a dimension of in elements, of mode
// Bilinear. An element is interpolated along the width first.
func (op *Resize) Between(in, out int) []Between {
	like := &TFQuantizedResizeBilinear{AlignCorners: op.AlignCorners, HalfPixelCenters: op.HalfPixelCenters}
	list := make([]Between, 0, out)
	for _, l := range like.lerps(in, out) {
		list = append(list, Between{l.lower, l.upper, l.f})
	}
	return list
}
