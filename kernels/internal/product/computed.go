package product

import "github.com/tf2ng/tf2ng/core"

// maxComputed bounds the number of weights that are packed in each run.
const maxComputed = 1 << 24

// ComputedWeights are weights that are not constant, or whose zero points are not. They are packed in each run, with
// one more column, of ones, which computes the sum of the data.
type ComputedWeights struct {
	Products int // per sum
	Columns  int // without that of ones

	channels      int // the zero points repeat after that many columns
	typ, zeroType core.Type
}

// ComputedWeightsOf returns the weights of an IntegerConvolution or IntegerDot with the given number of columns, to
// which the channels are assigned in turn; false if there are too many weights to pack in each run.
func ComputedWeightsOf(n *core.Node, columns, channels int) (ComputedWeights, bool) {
	w, z := n.Inputs()[1], n.Inputs()[3]
	elements := w.Shape().MustElements()
	if elements == 0 || elements > maxComputed {
		return ComputedWeights{}, false
	}
	return ComputedWeights{
		Columns: columns, Products: elements / columns, channels: channels, typ: w.Type(), zeroType: z.Type(),
	}, true
}

// RunWeights are the weights of one run as they are packed.
type RunWeights struct {
	Values []int8  // [Products][Columns+1]
	Zeros  []int32 // of the columns; each must still be multiplied by the sum of the data and subtracted
	Start  []int32 // the start values of the accumulators
}

// New returns memory for the weights of a run.
func (w *ComputedWeights) New() RunWeights {
	columns := w.Columns + 1
	return RunWeights{
		Values: make([]int8, w.Products*columns), Zeros: make([]int32, w.Columns), Start: make([]int32, columns),
	}
}

// Fill sets the weights of a run, given the op's weights and zero points, and the data's zero point.
func (w *ComputedWeights) Fill(r RunWeights, values, zeros []byte, dataZero int32) {
	count := len(zeros) / w.zeroType.Size()
	for j := range r.Zeros {
		r.Zeros[j] = zeroAt(zeros, w.zeroType, j%w.channels%count)
		if w.typ == core.U8 {
			r.Zeros[j] -= 128
		}
		r.Start[j] = int32(w.Products) * r.Zeros[j]
	}
	for i := range w.Products {
		row := r.Values[i*(w.Columns+1):][:w.Columns]
		for j, b := range values[i*w.Columns:][:w.Columns] {
			row[j] = w.signed(b)
			r.Start[j] -= int32(row[j])
		}
		r.Values[i*(w.Columns+1)+w.Columns] = 1
	}
	for j := range r.Zeros {
		r.Start[j] *= dataZero
	}
}

// signed returns the weight of a byte as it is packed: u8 weights become signed by subtracting 128.
func (w *ComputedWeights) signed(b byte) int8 {
	if w.typ == core.U8 {
		b ^= 0x80
	}
	return int8(b)
}
