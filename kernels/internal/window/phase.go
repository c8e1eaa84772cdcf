package window

import (
	"slices"

	"github.com/tf2ng/tf2ng/core/geometry"
)

// Phase is a part of a window over dilated data: outputs that read the same positions of the window, and these
// positions. Those between the elements of the data, which are zeros, are left out.
type Phase struct {
	Window // of these outputs and positions only, without data dilation

	strands []strand
}

// strand has every step-th output of an axis, from first on, which all read the same positions of the window: tap,
// tap+tapStep and so on. The Axis has these outputs and positions only, and no data dilation.
type strand struct {
	geometry.Axis

	of                        geometry.Axis
	first, step, tap, tapStep int
}

// strands divides the outputs of an axis by what they read. Outputs whose window lies between the elements of dilated
// data have a strand with one position, in the padding.
func strands(a geometry.Axis) []strand {
	d := a.DataDilation
	step, tapStep := d/commonDivisor(a.Stride, d), d/commonDivisor(a.Dilation, d)
	out := make([]strand, min(step, a.Out))
	for first := range out {
		s := strand{of: a, first: first, step: step, tapStep: tapStep}
		s.Axis = geometry.Axis{
			In: a.In, Window: 1, Out: (a.Out - first + step - 1) / step,
			Stride: step * a.Stride / d, Dilation: tapStep * a.Dilation / d, DataDilation: 1,
		}
		s.PadBelow = s.Out * s.Stride
		for tap := range min(tapStep, a.Window) {
			if below := a.PadBelow - first*a.Stride - tap*a.Dilation; below%d == 0 {
				s.tap, s.Window, s.PadBelow = tap, (a.Window-tap+tapStep-1)/tapStep, below/d
				break
			}
		}
		out[first] = s
	}
	return out
}

func commonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Phases divides the outputs by what they read: into one phase if the data is not dilated.
func (w *Window) Phases() []Phase {
	list := [][]strand{{}}
	for _, a := range w.Axes {
		var next [][]strand
		for _, p := range list {
			for _, s := range strands(a) {
				next = append(next, append(slices.Clip(p), s))
			}
		}
		list = next
	}
	phases := make([]Phase, len(list))
	for i, p := range list {
		phases[i] = Phase{Window: Window{Batch: w.Batch, Pixel: w.Pixel}, strands: p}
		for _, s := range p {
			phases[i].Axes = append(phases[i].Axes, s.Axis)
		}
	}
	return phases
}

// CountPhases returns how many phases there are, or more than most.
func (w *Window) CountPhases(most int) int {
	n := 1
	for _, a := range w.Axes {
		n *= min(a.DataDilation/commonDivisor(a.Stride, a.DataDilation), a.Out)
		if n > most {
			break
		}
	}
	return n
}

// Positions returns the numbers of the phase's taps among those of the whole window.
func (p *Phase) Positions() []int {
	return p.numbers(func(s strand) (first, step, count, of int) { return s.tap, s.tapStep, s.Window, s.of.Window })
}

// Places returns the numbers of the phase's outputs among those of a whole image. Those of a line, which are the last
// axis's, are apart by step.
func (p *Phase) Places() (places []int, step int) {
	places = p.numbers(func(s strand) (first, step, count, of int) { return s.first, s.step, s.Out, s.of.Out })
	return places, p.strands[len(p.strands)-1].step
}

// numbers returns, for each combination of an index below count along each axis, its number in an array whose axes have
// the sizes of: index i is at first + i*step.
func (p *Phase) numbers(along func(s strand) (first, step, count, of int)) []int {
	at := []int{0}
	for _, s := range p.strands {
		first, step, count, of := along(s)
		next := make([]int, 0, len(at)*count)
		for _, before := range at {
			for j := range count {
				next = append(next, before*of+first+j*step)
			}
		}
		at = next
	}
	return at
}
