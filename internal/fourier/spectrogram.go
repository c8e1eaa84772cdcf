package fourier

import (
	"math"
	"math/bits"

	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// Spectrogram computes the squared magnitudes of windows of sound, each multiplied by a periodic Hann window and
// filled up with zeros to a power of two. It does not change once it is made.
type Spectrogram struct {
	Bins int // numbers of a result

	window    []float64
	transform *Transform
}

// NewSpectrogram returns the Spectrogram of windows of at least 2 samples; their power of two is at most MaxLength.
func NewSpectrogram(window int) *Spectrogram {
	n := WindowLength(window)
	s := &Spectrogram{Bins: n/2 + 1, window: make([]float64, window)}
	s.transform = New(RealForward, []int{n}, []int{n})
	for i := range s.window {
		s.window[i] = 0.5 - float64(0.5*transcendental.Cos(float64(2*math.Pi*float64(i))/float64(window)))
	}
	return s
}

// WindowLength returns the power of two that a window is filled up to.
func WindowLength(window int) int { return 1 << bits.Len(uint(window-1)) }

// Scratch is how many complex numbers Run needs.
func (s *Spectrogram) Scratch() int { return s.transform.Scratch() + 2*s.Bins }

// Run sets y to the squared magnitudes, or to their roots, of samples at a distance of step.
func (s *Spectrogram) Run(y, x []float32, step int, squared bool, scratch []complex128) {
	own, scratch := scratch[:2*s.Bins], scratch[2*s.Bins:]
	z := Parts(own)
	in, out := z[:s.transform.In], z[2*s.Bins:]
	for i, w := range s.window {
		in[i] = float64(x[i*step]) * w
	}
	clear(in[len(s.window):])
	Run(s.transform, out, in, scratch)
	for i := range y[:s.Bins] {
		re, im := out[2*i], out[2*i+1]
		v := float32(float64(re*re) + float64(im*im))
		if !squared {
			v = float32(math.Sqrt(float64(v)))
		}
		y[i] = v
	}
}
