package matrix

import "math"

// rotation turns two rows or columns.
type rotation struct{ c, s float64 }

// givens returns the rotation whose columns take (x, z) to (r, 0).
func givens(x, z float64) rotation {
	switch {
	case z == 0 && x < 0:
		return rotation{-1, 0}
	case z == 0:
		return rotation{1, 0}
	case x == 0:
		return rotation{0, math.Copysign(1, -z)}
	case math.Abs(x) > math.Abs(z):
		t := z / x
		u := math.Copysign(math.Sqrt(1+float64(t*t)), x)
		return rotation{1 / u, float64(-t * (1 / u))}
	}
	t := x / z
	u := math.Copysign(math.Sqrt(1+float64(t*t)), z)
	return rotation{float64(t * (1 / u)), -1 / u}
}

// jacobi returns the rotation that makes the symmetric matrix [x y; y z] diagonal.
func jacobi(x, y, z float64) rotation {
	twice := float64(2 * math.Abs(y))
	if twice < 0x1p-1022 {
		return rotation{1, 0}
	}
	tau := (x - z) / twice
	w := math.Sqrt(float64(tau*tau) + 1)
	t := 1 / (tau - w)
	if tau > 0 {
		t = 1 / (tau + w)
	}
	n := 1 / math.Sqrt(float64(t*t)+1)
	return rotation{n, float64(float64(-t*n) * math.Copysign(1, y))}
}

// times is the rotation r after q.
func (r rotation) times(q rotation) rotation {
	return rotation{float64(r.c*q.c) - float64(r.s*q.s), float64(r.c*q.s) + float64(r.s*q.c)}
}

func (r rotation) transposed() rotation { return rotation{r.c, -r.s} }

// columns turns two columns of a matrix: c x - s y and s x + c y.
func (r rotation) columns(a []float64, width, i, j int) {
	for ; len(a) > 0; a = a[width:] {
		x, y := a[i], a[j]
		a[i], a[j] = float64(r.c*x)-float64(r.s*y), float64(r.s*x)+float64(r.c*y)
	}
}

// rows turns two rows of a matrix: c x + s y and c y - s x.
func (r rotation) rows(a []float64, width, i, j int) {
	x, y := a[i*width:(i+1)*width], a[j*width:(j+1)*width]
	for k, v := range x {
		x[k], y[k] = float64(r.c*v)+float64(r.s*y[k]), float64(r.c*y[k])-float64(r.s*v)
	}
}
