package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/signal"
)

const (
	complexSignature     = "input:Tcomplex=complex64 -> output:Tcomplex=complex64"
	realForwardSignature = "input:Treal=float fft_length:int32 -> output:Tcomplex=complex64"
	realInverseSignature = "input:Tcomplex=complex64 fft_length:int32 -> output:Treal=float"
	partSignature        = "input:T=complex64 -> output:Tout=float"
)

// Complex numbers, Fourier transforms and sound.
var _ = register("signal",
	op{name: "FFT", signature: complexSignature, translate: transform(signal.ForwardFourier, 1)},
	op{name: "FFT2D", signature: complexSignature, translate: transform(signal.ForwardFourier, 2)},
	op{name: "FFT3D", signature: complexSignature, translate: transform(signal.ForwardFourier, 3)},
	op{name: "IFFT", signature: complexSignature, translate: transform(signal.InverseFourier, 1)},
	op{name: "IFFT2D", signature: complexSignature, translate: transform(signal.InverseFourier, 2)},
	op{name: "IFFT3D", signature: complexSignature, translate: transform(signal.InverseFourier, 3)},
	op{name: "RFFT", signature: realForwardSignature, translate: transform(signal.RealForwardFourier, 1)},
	op{name: "RFFT2D", signature: realForwardSignature, translate: transform(signal.RealForwardFourier, 2)},
	op{name: "RFFT3D", signature: realForwardSignature, translate: transform(signal.RealForwardFourier, 3)},
	op{name: "IRFFT", signature: realInverseSignature, translate: transform(signal.RealInverseFourier, 1)},
	op{name: "IRFFT2D", signature: realInverseSignature, translate: transform(signal.RealInverseFourier, 2)},
	op{name: "IRFFT3D", signature: realInverseSignature, translate: transform(signal.RealInverseFourier, 3)},

	op{
		name: "Complex", signature: "real:T=float imag:T=float -> out:Tout=complex64",
		translate: apply(&signal.Complex{}),
	},
	op{name: "Real", signature: partSignature, translate: part(signal.RealPart)},
	op{name: "Imag", signature: partSignature, translate: part(signal.ImaginaryPart)},
	op{name: "ComplexAbs", signature: "x:T=complex64 -> y:Tout=float", translate: part(signal.MagnitudePart)},
	op{name: "Angle", signature: partSignature, translate: part(signal.PhasePart)},
	op{name: "Conj", signature: "input:T=complex64 -> output:T=complex64", translate: apply(&signal.Conjugate{})},

	op{name: "DecodeWav", signature: "contents:string -> audio:float sample_rate:int32", translate: decodeWav},
	op{
		name: "EncodeWav", signature: "audio:float sample_rate:int32 -> contents:string",
		translate: apply(&signal.EncodeWav{}),
	},
	op{name: "AudioSpectrogram", signature: "input:float -> spectrogram:float", translate: spectrogram},
	op{name: "Mfcc", signature: "spectrogram:float sample_rate:int32 -> output:float", translate: mfcc},
)

func transform(kind signal.FourierKind, axes int) func(*call) []core.Value {
	return apply(&signal.Fourier{Kind: kind, Axes: axes})
}

func part(p signal.Part) func(*call) []core.Value { return apply(&signal.ComplexPart{Part: p}) }

func decodeWav(c *call) []core.Value {
	return c.emit(&signal.DecodeWav{
		Channels: int(c.intOr("desired_channels", -1)), Samples: int(c.intOr("desired_samples", -1)),
	}, c.in...)
}

// needed reads an attribute that has no default.
func (c *call) needed(name string) int {
	v, err := c.node.Int(name)
	c.keep(err)
	return int(v)
}

func spectrogram(c *call) []core.Value {
	return c.emit(&signal.Spectrogram{
		Window: c.needed("window_size"), Stride: c.needed("stride"), Squared: c.boolOr("magnitude_squared", false),
	}, c.in...)
}

func mfcc(c *call) []core.Value {
	return c.emit(&signal.Mfcc{
		Upper: c.floatOr("upper_frequency_limit", 4000), Lower: c.floatOr("lower_frequency_limit", 20),
		Channels:     int(c.intOr("filterbank_channel_count", 40)),
		Coefficients: int(c.intOr("dct_coefficient_count", 13)),
	}, c.in...)
}
