package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/signal"
	"github.com/tf2ng/tf2ng/internal/fourier"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// mostPlanned bounds the lengths of transforms whose tables a program keeps.
const mostPlanned = 1 << 16

// complexBytes is the size of the numbers that transforms compute with.
const complexBytes = 16

var _ = lowers[signal.Fourier](lowerFourier)

// lowerFourier lowers a transform of known lengths, array by array.
func lowerFourier(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*signal.Fourier), n.Inputs()[0].Fact(), n.Outputs()[0]
	dims := in.Shape[len(in.Shape)-op.Axes:]
	lengths := []int(dims)
	if op.Real() {
		known := n.Inputs()[1].Constant()
		if known == nil {
			return false, nil
		}
		lengths = nil
		for _, length := range known.Int64s() {
			lengths = append(lengths, int(length))
		}
	}
	if in.Shape.MustElements() == 0 || out.Shape.MustElements() == 0 || slices.Max(lengths) > mostPlanned {
		return false, nil
	}
	t := fourier.New(fourier.Kind(op.Kind), dims, lengths)
	run, name := transformArrays[float32], "fourier_f32_portable"
	if in.Type.Part() == core.F64 {
		run, name = transformArrays[float64], "fourier_f64_portable"
	}
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitUnits(work{
		node: n, kernel: name, units: in.Shape[:len(in.Shape)-op.Axes].MustElements(), reads: []int{src},
		writes:  []int{dst},
		scratch: complexBytes * t.Scratch(),
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			run(t, r.Mem[dst], r.Mem[src], view.Of[complex128](scratch), i0, i1)
			return nil
		},
	})
	return true, nil
}

func transformArrays[T float32 | float64](t *fourier.Transform, y, x []byte, scratch []complex128, i0, i1 int) {
	to, from := view.Of[T](y), view.Of[T](x)
	for i := i0; i < i1; i++ {
		fourier.Run(t, to[i*t.Out:][:t.Out], from[i*t.In:][:t.In], scratch)
	}
}

var _ = lowers[signal.ComplexPart](lowerComplexPart)

// lowerComplexPart lowers a part of complex numbers.
func lowerComplexPart(c *compiler, n *core.Node) (bool, error) {
	part, typ, elements := n.Op().(*signal.ComplexPart).Part, n.Outputs()[0].Type, n.Outputs()[0].Shape.MustElements()
	if elements == 0 {
		return false, nil
	}
	run := takeParts[float32]
	if typ == core.F64 {
		run = takeParts[float64]
	}
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitElements(work{
		node: n, kernel: "complex_" + typ.String() + "_portable", units: elements, reads: []int{src}, writes: []int{dst},
		run: func(r *machine.Worker, _ []byte, i0, i1 int) error {
			run(fourier.Part(part), r.Mem[dst], r.Mem[src], i0, i1)
			return nil
		},
	})
	return true, nil
}

func takeParts[T float32 | float64](p fourier.Part, y, x []byte, i0, i1 int) {
	fourier.TakeParts(p, view.Of[T](y)[i0:i1], view.Of[T](x)[2*i0:2*i1])
}

var _ = lowers[signal.Spectrogram](lowerSpectrogram)

// lowerSpectrogram lowers a Spectrogram, window by window.
func lowerSpectrogram(c *compiler, n *core.Node) (bool, error) {
	op, in, out := n.Op().(*signal.Spectrogram), n.Inputs()[0].Shape(), n.Outputs()[0].Shape
	if out.MustElements() == 0 || op.Window > mostPlanned {
		return false, nil
	}
	s, windows, channels := fourier.NewSpectrogram(op.Window), out[1], in[1]
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitUnits(work{
		node: n, kernel: "spectrogram_f32_portable", units: out[0] * windows, reads: []int{src}, writes: []int{dst},
		scratch: complexBytes * s.Scratch(),
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			x, y := view.Of[float32](r.Mem[src]), view.Of[float32](r.Mem[dst])
			for i := i0; i < i1; i++ {
				from := i%windows*op.Stride*channels + i/windows
				s.Run(y[i*s.Bins:][:s.Bins], x[from:], channels, op.Squared, view.Of[complex128](scratch))
			}
			return nil
		},
	})
	return true, nil
}

var _ = lowers[signal.Mfcc](lowerMfcc)

// lowerMfcc lowers an Mfcc, spectrum by spectrum. Each thread keeps the tables for the last rate.
func lowerMfcc(c *compiler, n *core.Node) (bool, error) {
	op, bins := n.Op().(*signal.Mfcc), n.Inputs()[0].Shape()[2]
	spectra := n.Outputs()[0].Shape[:2].MustElements()
	if spectra == 0 || max(bins, op.Channels*op.Coefficients) > mostPlanned {
		return false, nil
	}
	src, rate, dst := c.buffer(n.Inputs()[0]), c.buffer(n.Inputs()[1]), c.newOutput(n.Out(0))
	mel := fourier.Mel{
		Bins: bins, Lower: float64(op.Lower), Upper: float64(op.Upper), Channels: op.Channels,
		Coefficients: op.Coefficients,
	}
	state := c.newState(func() any { return make([]*fourier.Cepstrum, c.threads) })
	c.emitUnits(work{
		node: n, kernel: "mfcc_f32_portable", units: spectra, reads: []int{src, rate}, writes: []int{dst},
		scratch: 8 * op.Channels,
		run: func(r *machine.Worker, scratch []byte, i0, i1 int) error {
			m := mel
			m.Rate = int(view.Of[int32](r.Mem[rate])[0])
			if err := signal.CheckRate(int64(m.Rate)); err != nil {
				return n.Locate(err)
			}
			kept := r.State[state].([]*fourier.Cepstrum)
			if !kept[r.Thread].Of(m) {
				kept[r.Thread] = fourier.NewCepstrum(m)
			}
			x, y := view.Of[float32](r.Mem[src]), view.Of[float32](r.Mem[dst])
			for i := i0; i < i1; i++ {
				kept[r.Thread].Run(y[i*op.Coefficients:][:op.Coefficients], x[i*bins:][:bins], view.Of[float64](scratch))
			}
			return nil
		},
	})
	return true, nil
}
