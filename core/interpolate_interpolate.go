package core

import "math"

// sampling says where the elements of an image lie.
type sampling struct{ alignCorners, halfPixelCenters bool }

// lerps returns the place of each output position of one dimension.
func (s sampling) lerps(in, out int) []lerp {
	scale := float32(in) / float32(out)
	if s.alignCorners && out > 1 {
		scale = float32(in-1) / float32(out-1)
	}
	l := make([]lerp, out)
	for o := range l {
		p := float32(float32(o) * scale)
		if s.halfPixelCenters {
			p = float32((float32(o)+0.5)*scale) - 0.5
		}
		floor := floor32(p)
		upper := min(int(math.Ceil(float64(p))), in-1)
		l[o] = lerp{min(max(int(floor), 0), upper), upper, p - floor}
	}
	return l
}

// lerp is where an output position lies between two of the input.
type lerp struct {
	lower, upper int
	f            float32
}

// interpolate calls f with the four neighbours of each output element and its distance
// from the first.
func interpolate[T any](s sampling, from, to Shape, x, y []T,
	f func(tl, tr, bl, br T, fx, fy float32) T,
) {
	rows, columns := s.lerps(from[1], to[1]), s.lerps(from[2], to[2])
	row := from[2] * from[3]
	o := 0
	for n := range from[0] {
		image := x[n*from[1]*row:]
		for _, v := range rows {
			for _, h := range columns {
				left, right := h.lower*from[3], h.upper*from[3]
				for c := range from[3] {
					upper, lower := image[v.lower*row+c:], image[v.upper*row+c:]
					y[o] = f(upper[left], upper[right], lower[left], lower[right], h.f, v.f)
					o++
				}
			}
		}
	}
}

// between interpolates in float32.
func between(tl, tr, bl, br, fx, fy float32) float32 {
	top := tl + float32((tr-tl)*fx)
	bottom := bl + float32((br-bl)*fx)
	return top + float32((bottom-top)*fy)
}

// resized returns the output's shape and checks C3.
func resized(s Shape, size []int64) (Shape, error) {
	for _, n := range size {
		if n < 1 || n > maxWindow {
			return nil, Violation("C3", 1, "got size %v, want each in [1, %d]", size, maxWindow)
		}
	}
	return checkedShape(Shape{s[0], int(size[0]), int(size[1]), s[3]})
}
