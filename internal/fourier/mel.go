package fourier

import (
	"math"

	"github.com/tf2ng/tf2ng/internal/transcendental"
)

// Mel says how a spectrum becomes cepstral coefficients.
type Mel struct {
	Bins                   int // numbers of a spectrum, at least 2
	Rate                   int // samples in a second, at least 1
	Lower, Upper           float64
	Channels, Coefficients int
}

// Cepstrum computes mel-frequency cepstral coefficients in float64, in TensorFlow's order. It does not change once it
// is made.
type Cepstrum struct {
	mel        Mel
	first, end int // the bins that are used
	short      bool
	band       []int // the channel of the falling side of a bin's triangle; the rising one is the next
	weights    []float64
	cosines    []float64 // a row for each coefficient
}

// NewCepstrum returns the Cepstrum of valid limits and counts.
func NewCepstrum(m Mel) *Cepstrum {
	c := &Cepstrum{mel: m, band: make([]int, m.Bins), weights: make([]float64, m.Bins)}
	low := melOf(m.Lower)
	spacing := (melOf(m.Upper) - low) / float64(m.Channels+1)
	centers := make([]float64, m.Channels+1)
	for i := range centers {
		centers[i] = low + float64(spacing*float64(i+1))
	}
	width := float64(0.5*float64(m.Rate)) / float64(m.Bins-1) // of a bin, in Hz
	first, last := 1.5+m.Lower/width, m.Upper/width
	if c.short = !(first < math.MaxInt32 && last < float64(m.Bins)); c.short {
		return c
	}
	c.first, c.end = int(first), int(last)+1
	channel := 0
	for i := c.first; i < c.end; i++ {
		mel := melOf(float64(float64(i) * width))
		for channel < m.Channels && centers[channel] < mel {
			channel++
		}
		c.band[i] = channel - 1
		from := low
		if channel > 0 {
			from = centers[channel-1]
		}
		c.weights[i] = (centers[channel] - mel) / (centers[channel] - from)
	}
	norm, angle := math.Sqrt(2/float64(m.Channels)), math.Pi/float64(m.Channels)
	for i := range m.Coefficients {
		for j := range m.Channels {
			turn := float64(float64(float64(i)*angle) * (float64(j) + 0.5))
			c.cosines = append(c.cosines, float64(norm*transcendental.Cos(turn)))
		}
	}
	return c
}

// Of reports whether c is the Cepstrum of m.
func (c *Cepstrum) Of(m Mel) bool { return c != nil && c.mel == m }

func melOf(frequency float64) float64 { return float64(1127 * transcendental.Log1p(frequency/700)) }

// Run sets y to the coefficients of a spectrum of squared magnitudes. scratch has a number for each channel.
func (c *Cepstrum) Run(y, x []float32, scratch []float64) {
	if c.short { // the spectrum ends below the upper limit
		clear(y)
		return
	}
	channels := scratch[:c.mel.Channels]
	clear(channels)
	for i := c.first; i < c.end; i++ {
		v, channel := math.Sqrt(float64(x[i])), c.band[i]
		falling := float64(v * c.weights[i])
		if channel >= 0 {
			channels[channel] += falling
		}
		if channel+1 < len(channels) {
			channels[channel+1] += v - falling
		}
	}
	for i, v := range channels {
		if v < 1e-12 {
			v = 1e-12
		}
		channels[i] = transcendental.Log(v)
	}
	for i := range y[:c.mel.Coefficients] {
		sum := 0.0
		for j, w := range c.cosines[i*len(channels):][:len(channels)] {
			sum += float64(w * channels[j])
		}
		y[i] = float32(sum)
	}
}
