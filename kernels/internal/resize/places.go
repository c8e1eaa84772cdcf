package resize

import (
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// places say where the rows and columns of an output image lie in the input image.
type places struct {
	rows, columns []vision.Between
	offsets       []int32               // byte offsets in a row: of both neighbours of each column
	fractions     []float32             // of each column
	numbers       []elementwise.Numbers // of each row
}

func newPlaces(rows, columns []vision.Between) *places {
	return &places{
		rows: rows, columns: columns, offsets: make([]int32, 2*len(columns)), fractions: make([]float32, len(columns)),
		numbers: make([]elementwise.Numbers, len(rows)),
	}
}

// fill computes the tables from rows and columns; pixel is the size of a pixel in bytes.
func (p *places) fill(pixel int) {
	for i, h := range p.columns {
		p.offsets[2*i], p.offsets[2*i+1] = int32(max(h.Lower, 0)*pixel), int32(h.Upper*pixel)
		p.fractions[i] = h.Fraction
	}
	for i, v := range p.rows {
		p.numbers[i].Scale = v.Fraction
	}
}

// extrapolate stores v in all channels of the pixels that lie outside of the input.
func (p *places) extrapolate(out []float32, channels int, v float32) {
	row := channels * len(p.columns)
	for i, h := range p.columns {
		if h.Lower >= 0 {
			continue
		}
		for m := range p.rows {
			machine.Fill(out[m*row+i*channels:][:channels], v)
		}
	}
	for m, r := range p.rows {
		if r.Lower < 0 {
			machine.Fill(out[m*row:][:row], v)
		}
	}
}
