// Package interpolate is shared by the ops that resize images.
package interpolate

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/arithmetic"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

// Sampling says at which positions of the input the output elements lie.
type Sampling struct{ AlignCorners, HalfPixelCenters bool }

// Scale returns the distance of neighbouring output positions of one dimension.
func (s Sampling) Scale(in, out int) float32 {
	if s.AlignCorners && out > 1 {
		return float32(in-1) / float32(out-1)
	}
	return float32(in) / float32(out)
}

// Lerps returns the place of each output position of one dimension.
func (s Sampling) Lerps(in, out int) []Lerp {
	scale := s.Scale(in, out)
	l := make([]Lerp, out)
	for o := range l {
		p := float32(float32(o) * scale)
		if s.HalfPixelCenters {
			p = float32((float32(o)+0.5)*scale) - 0.5
		}
		floor := arithmetic.Floor32(p)
		upper := min(int(math.Ceil(float64(p))), in-1)
		l[o] = Lerp{min(max(int(floor), 0), upper), upper, p - floor}
	}
	return l
}

// Lerp says where an output position lies between two input positions.
type Lerp struct {
	Lower, Upper int
	Fraction     float32
}

// Images calls f with the four neighbours of each output element and its distance
// from the first.
func Images[T any](s Sampling, from, to core.Shape, x, y []T,
	f func(tl, tr, bl, br T, fx, fy float32) T,
) {
	rows, columns := s.Lerps(from[1], to[1]), s.Lerps(from[2], to[2])
	row := from[2] * from[3]
	o := 0
	for n := range from[0] {
		image := x[n*from[1]*row:]
		for _, v := range rows {
			for _, h := range columns {
				left, right := h.Lower*from[3], h.Upper*from[3]
				for c := range from[3] {
					upper, lower := image[v.Lower*row+c:], image[v.Upper*row+c:]
					y[o] = f(upper[left], upper[right], lower[left], lower[right], h.Fraction, v.Fraction)
					o++
				}
			}
		}
	}
}

// Between interpolates in float32.
func Between(tl, tr, bl, br, fx, fy float32) float32 {
	top := tl + float32((tr-tl)*fx)
	bottom := bl + float32((br-bl)*fx)
	return top + float32((bottom-top)*fy)
}

// Resized checks that input i is the height and width of images, as a constraint says, and returns the shape of images
// [n, height, width, channels]. Height and width are unknown where the input is.
func Resized(constraint string, in []core.Operand, i, n, channels int) (core.Shape, error) {
	if !in[i].Type.Compatible(core.I32) || !in[i].Shape.Compatible(core.Shape{2}) {
		return nil, core.Violation(constraint, i, "got %v, want i32[2]", in[i].Fact)
	}
	size, known := infer.IntsOf(in[i])
	if !known {
		return core.Shape{n, core.Unknown, core.Unknown, channels}, nil
	}
	for _, v := range size {
		if v < 1 || v > geometry.MaxWindow {
			return nil, core.Violation(constraint, i, "got size %v, want each in [1, %d]", size, geometry.MaxWindow)
		}
	}
	return infer.CheckedShape(core.Shape{n, int(size[0]), int(size[1]), channels})
}
