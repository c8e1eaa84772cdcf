package signal

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[DecodeWav]("DecodeWav")

// DecodeWav reads the sound of a WAV file with samples of 16 bits, as numbers in [-1, 1).
//
// A sound with fewer samples than Samples is filled up with zeros, one with more is cut off. If Channels is more than
// the file has, the last one is repeated.
//
//	Inputs:  contents: string, []
//	Outputs: y: f32, [samples, channels]
//	         rate: i32, []: samples in a second
//
//	C1: contents is a string
//	C2: Channels and Samples are at least -1, which stands for those of the file, and at most 2^31-1
//	C3: contents is a WAV file as TensorFlow reads it: PCM, 16 bits, one chunk of data, which is there in full
//
// It is TensorFlow's DecodeWav.
type DecodeWav struct {
	Channels int `json:"channels"`
	Samples  int `json:"samples"`
}

// Infer checks C1 and C2.
func (op *DecodeWav) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if in[0].Type != core.String && in[0].Type != core.Dynamic || !in[0].Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C1", 0, "got %v, want string[]", in[0].Fact)
	}
	if min(op.Channels, op.Samples) < -1 || max(op.Channels, op.Samples) > math.MaxInt32 {
		return nil, core.Violation("C2", -1, "got %d channels and %d samples, want -1 to 2^31-1", op.Channels, op.Samples)
	}
	s, err := infer.CheckedShape(core.Shape{max(op.Samples, core.Unknown), max(op.Channels, core.Unknown)})
	return []core.Fact{{Type: core.F32, Shape: s}, {Type: core.I32, Shape: core.Shape{}}}, err
}

// Eval reads the file, and checks C3.
func (op *DecodeWav) Eval(in, out []*core.Tensor) error {
	facts, err := op.Infer(core.OperandsOf(in))
	if err != nil {
		return err
	}
	w, err := readWav(in[0].Strings()[0])
	if err != nil {
		return err
	}
	if s := facts[0].Shape; out[0] == nil {
		for i, n := range []int{w.samples, w.channels} {
			if s[i] == core.Unknown {
				s[i] = n
			}
		}
		if out[0], err = core.BoundedTensor(op, core.Fact{Type: core.F32, Shape: s}); err != nil {
			return err
		}
	}
	y, channels := core.Data[float32](out[0]), out[0].Shape()[1]
	for i := range y {
		sample, channel := i/channels, min(i%channels, w.channels-1)
		y[i] = 0
		if sample < w.samples {
			at := 2 * (sample*w.channels + channel)
			y[i] = float32(int16(uint16(w.data[at])|uint16(w.data[at+1])<<8)) / (1 << 15)
		}
	}
	if out[1] == nil {
		out[1] = core.Scalar(w.rate)
		return nil
	}
	core.Data[int32](out[1])[0] = w.rate
	return nil
}

// wav is a sound of 16 bits.
type wav struct {
	channels, samples int
	rate              int32
	data              string
}

// skipped are the chunks that may stand before the format.
var skipped = []string{"JUNK", "bext", "iXML", "qlty", "mext", "levl", "link", "axml"}

// readWav reads a WAV file. Its errors are C3's.
func readWav(file string) (*wav, error) {
	r := &wavReader{rest: file}
	r.expect("RIFF")
	r.take(4)
	r.expect("WAVE")
	id := r.take(4)
	for r.err == nil && id != "fmt " {
		if !slices.Contains(skipped, id) {
			r.fail("got chunk %q, want \"fmt \"", id)
		}
		r.take(r.long())
		id = r.take(4)
	}
	size := r.long()
	if r.err == nil && size != 16 && size != 18 {
		r.fail("got a format of %d bytes, want 16 or 18", size)
	}
	w := &wav{}
	format := r.short()
	w.channels, w.rate = r.short(), int32(uint32(r.long()))
	bytesPerSecond, bytesPerSample, bits := r.long(), r.short(), r.short()
	switch {
	case r.err != nil:
	case format != 1:
		r.fail("got audio format %d, want 1 (PCM)", format)
	case w.channels < 1:
		r.fail("got %d channels, want at least 1", w.channels)
	case bits != 16:
		r.fail("got %d bits for each sample, want 16", bits)
	case bytesPerSample != 2*w.channels:
		r.fail("got %d bytes for %d channels, want %d", bytesPerSample, w.channels, 2*w.channels)
	case uint32(bytesPerSecond) != uint32(bytesPerSample)*uint32(w.rate):
		r.fail("got %d bytes in a second, want %d", bytesPerSecond, uint32(bytesPerSample)*uint32(w.rate))
	}
	if size == 18 {
		r.skip(2)
	}
	r.chunks(w)
	return w, r.err
}

// wavReader takes what a file is made of. The first error is kept, and nothing is taken behind it.
type wavReader struct {
	rest string
	err  error
}

func (r *wavReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = core.Violation("C3", 0, format, args...)
	}
}

func (r *wavReader) take(n int) string {
	if r.err == nil && n > len(r.rest) {
		r.fail("got %d bytes, want %d", len(r.rest), n)
	}
	if r.err != nil {
		return ""
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

// skip is take of no more bytes than there are.
func (r *wavReader) skip(n int) { r.take(min(n, len(r.rest))) }

func (r *wavReader) expect(text string) {
	if got := r.take(4); r.err == nil && got != text {
		r.fail("got %q, want %q", got, text)
	}
}

func (r *wavReader) short() int {
	if b := r.take(2); r.err == nil {
		return int(binary.LittleEndian.Uint16([]byte(b)))
	}
	return 0
}

func (r *wavReader) long() int {
	if b := r.take(4); r.err == nil {
		return int(binary.LittleEndian.Uint32([]byte(b)))
	}
	return 0
}

// chunks reads what follows the format.
func (r *wavReader) chunks(w *wav) {
	found := false
	for r.err == nil && len(r.rest) > 0 {
		id, size := r.take(4), r.long()
		switch {
		case r.err != nil:
		case size > math.MaxInt32:
			r.fail("got chunk %q of %d bytes, want at most %d", id, size, math.MaxInt32)
		case id != "data":
			r.skip(size)
		case found:
			r.fail("got two chunks of data, want one")
		default:
			found = true
			w.samples = size / (2 * w.channels)
			w.data = r.take(2 * w.channels * w.samples)
		}
	}
	if !found {
		r.fail("got no chunk of data, want one")
	}
}
