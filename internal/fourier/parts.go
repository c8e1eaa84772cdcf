package fourier

import (
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/transcendental"
	"github.com/tf2ng/tf2ng/internal/view"
)

// Parts returns the real and imaginary parts of complex numbers, which share their memory.
func Parts(z []complex128) []float64 { return view.Of[float64](view.Bytes(z)) }

// Part is a real number of a complex one.
type Part uint8

// The parts.
const (
	Real Part = iota
	Imaginary
	Magnitude
	Phase
)

// TakeParts sets each element of y to a part of the complex number of the same index in x.
func TakeParts[T float32 | float64](p Part, y, x []T) {
	x = x[:2*len(y)]
	switch p {
	case Real, Imaginary:
		for i := range y {
			y[i] = x[2*i+int(p)]
		}
	case Magnitude:
		for i := range y {
			y[i] = magnitude(x[2*i], x[2*i+1])
		}
	case Phase:
		for i := range y {
			y[i] = phase(x[2*i], x[2*i+1])
		}
	}
}

// magnitude is the absolute value of a complex number: of f32 computed in float64 and rounded, of float64 with the
// larger part factored out.
func magnitude[T float32 | float64](re, im T) T {
	a, b := math.Abs(float64(re)), math.Abs(float64(im))
	if _, single := any(re).(float32); single {
		if math.IsInf(a, 1) || math.IsInf(b, 1) {
			return T(math.Inf(1))
		}
		return T(math.Sqrt(float64(a*a) + float64(b*b)))
	}
	most, least := max(a, b), min(a, b)
	switch {
	case math.IsInf(a, 1) || math.IsInf(b, 1):
		return T(math.Inf(1))
	case most == 0:
		return 0
	}
	least /= most
	return T(most * math.Sqrt(1+float64(least*least)))
}

// phase is the angle of a complex number.
func phase[T float32 | float64](re, im T) T {
	if _, single := any(re).(float32); single {
		return T(activation.Atan2(float32(im), float32(re)))
	}
	return T(transcendental.Atan2(float64(im), float64(re)))
}
