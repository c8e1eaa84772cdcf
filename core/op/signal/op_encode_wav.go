package signal

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[EncodeWav]("EncodeWav")

// EncodeWav writes a WAV file with samples of 16 bits: each number times 2^15, rounded to nearest, halves away from
// zero, and limited to 16 bits. NaN becomes the lowest.
//
//	Inputs:  x: f32, [samples, channels]
//	         rate: i32, []: samples in a second
//	Outputs: contents: string, []
//
//	C1: x is an f32 matrix of 1 to 2^16-1 channels, and the file has less than 2^32 bytes
//	C2: rate is i32, not 0
//
// It is TensorFlow's EncodeWav.
type EncodeWav struct{}

// wavHeader is the bytes before the samples.
const wavHeader = 44

// InputNames names the inputs.
func (op *EncodeWav) InputNames() []string { return []string{"x", "rate"} }

// Infer checks C1 and the type of C2.
func (op *EncodeWav) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !in[0].Type.Compatible(core.F32) || s.Ranked() && len(s) != 2 {
		return nil, core.Violation("C1", 0, "got %v, want f32 of rank 2", in[0].Fact)
	}
	if s.Ranked() && (s[1] == 0 || s[1] > math.MaxUint16) {
		return nil, core.Violation("C1", 0, "got %d channels, want 1 to %d", s[1], math.MaxUint16)
	}
	if n, err := s.Elements(); err == nil && n >= math.MaxInt32-wavHeader {
		return nil, core.Violation("C1", 0, "got %d numbers, want less than %d", n, math.MaxInt32-wavHeader)
	}
	if !in[1].Type.Compatible(core.I32) || !in[1].Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C2", 1, "got %v, want i32[]", in[1].Fact)
	}
	return []core.Fact{{Type: core.String, Shape: core.Shape{}}}, nil
}

// Eval writes the file, and checks C2.
func (op *EncodeWav) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	channels, rate := uint32(in[0].Shape()[1]), uint32(in[1].Int64s()[0])
	if rate == 0 {
		return core.Violation("C2", 1, "got 0 samples in a second, want another number")
	}
	x := core.Data[float32](in[0])
	size := uint32(2 * len(x))
	file := make([]byte, 0, wavHeader+2*len(x))
	file = binary.LittleEndian.AppendUint32(append(file, "RIFF"...), wavHeader-8+size)
	file = binary.LittleEndian.AppendUint32(append(file, "WAVEfmt "...), 16)
	file = binary.LittleEndian.AppendUint16(file, 1)
	file = binary.LittleEndian.AppendUint16(file, uint16(channels))
	file = binary.LittleEndian.AppendUint32(file, rate)
	file = binary.LittleEndian.AppendUint32(file, rate*2*channels)
	file = binary.LittleEndian.AppendUint16(file, uint16(2*channels))
	file = binary.LittleEndian.AppendUint16(file, 16)
	file = binary.LittleEndian.AppendUint32(append(file, "data"...), size)
	for _, v := range x {
		scaled := math.Round(float64(v * (1 << 15)))
		if !(scaled > math.MinInt16) { // also NaN
			scaled = math.MinInt16
		}
		file = binary.LittleEndian.AppendUint16(file, uint16(int16(min(scaled, math.MaxInt16))))
	}
	out[0].Strings()[0] = string(file)
	return nil
}
