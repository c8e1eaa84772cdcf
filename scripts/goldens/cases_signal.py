"""Complex numbers, Fourier transforms and sound."""

import numpy as np

from case import case, const, feed, normal, through

NAN, INF = float("nan"), float("inf")


def complexes(*shape):
    return lambda rng: rng.normal(size=shape) + 1j * rng.normal(size=shape)


# Transforms of powers of two, small primes and large ones
WIDTHS = {"complex64": "float", "complex128": "double"}
for c, r in WIDTHS.items():
    for n in [1, 2, 3, 5, 8, 12, 13, 16, 31, 60, 97]:
        case("FFT", f"fft_{c}_{n}", feed(c, complexes(2, n)))
        case("IFFT", f"ifft_{c}_{n}", feed(c, complexes(2, n)))
        case("RFFT", f"rfft_{c}_{n}", feed(r, normal(2, n)), const("int32", [n]), Tcomplex=c)
        case("IRFFT", f"irfft_{c}_{n}", feed(c, complexes(2, n // 2 + 1)), const("int32", [n]), Treal=r)
    case("FFT2D", f"fft2d_{c}", feed(c, complexes(2, 4, 7)))
    case("IFFT2D", f"ifft2d_{c}", feed(c, complexes(4, 7)))
    case("FFT3D", f"fft3d_{c}", feed(c, complexes(2, 3, 4, 5)))
    case("IFFT3D", f"ifft3d_{c}", feed(c, complexes(3, 4, 5)))
    case("RFFT2D", f"rfft2d_{c}", feed(r, normal(2, 5, 9)), const("int32", [4, 7]), Tcomplex=c)
    case("IRFFT2D", f"irfft2d_{c}", feed(c, complexes(2, 5, 6)), const("int32", [4, 8]), Treal=r)
    case("RFFT3D", f"rfft3d_{c}", feed(r, normal(3, 5, 6)), const("int32", [3, 4, 6]), Tcomplex=c)
    case("IRFFT3D", f"irfft3d_{c}", feed(c, complexes(3, 4, 4)), const("int32", [2, 4, 5]), Treal=r)
for n in [256, 400, 512]:
    case("RFFT", f"rfft_{n}", feed("float", normal(2, n)), const("int32", [n]))
for name, shape, lengths, error in [
    ("cropped", (2, 9), [6], False), ("short", (2, 5), [6], True), ("negative", (2, 5), [-1], True), ("two", (2, 5), [2, 5], True), ("none", (0, 5), [4], False), ("huge", (2, 5), [2**31 - 1], True), ("scalar", (), [1], True),
]:
    case("RFFT", f"rfft_{name}", feed("float", normal(*shape)), const("int32", lengths), error=error)
    case("IRFFT", f"irfft_{name}", feed("complex64", complexes(*shape)), const("int32", [2 * lengths[0] - 1, *lengths[1:]] if name == "short" else lengths), error=error)
case("RFFT", "rfft_computed_length", feed("float", normal(2, 9)), feed("int32", [7]))
case("IRFFT", "irfft_computed_length", feed("complex64", complexes(2, 9)), feed("int32", [8]))
case("RFFT", "rfft_computed_short", feed("float", normal(2, 9)), feed("int32", [10]), error=True)
case("RFFT", "rfft_types", feed("float", normal(2, 8)), const("int32", [8]), Tcomplex="complex128", error=True)
case("RFFT2D", "rfft2d_no_rows", feed("float", normal(2, 5)), const("int32", [0, 4]))
case("FFT", "fft_no_columns", feed("complex64", complexes(2, 0)))
case("FFT3D", "fft3d_matrix", feed("complex64", complexes(2, 3)), error=True)
case("FFT", "fft_constant", const("complex64", [[1 + 2j, 3, -1j]]), folded=True)

# Parts
special = np.array([0, -0.0, 1, -1, INF, -INF, NAN, 3e38, 1e-40])
pairs = np.array([complex(a, b) for a in special for b in special], np.complex64).reshape(9, 9)
for c, r in WIDTHS.items():
    for op in ["Real", "Imag", "ComplexAbs", "Angle"]:
        case(op, f"{op.lower()}_{c}", feed(c, complexes(3, 7)), Tout=r)
    case("Conj", f"conj_{c}", feed(c, complexes(3, 7)))
    case("Complex", f"complex_{c}", feed(r, normal(2, 3)), feed(r, normal(3)), Tout=c)
    for op in ["AddV2", "Add", "Sub", "Mul", "RealDiv", "Div"]:
        case(op, f"{op.lower()}_{c}", feed(c, complexes(3, 4)), feed(c, complexes(4)), group="Complex")
    for op in ["Neg", "Square", "Exp"]:
        case(op, f"{op.lower()}_{c}", feed(c, complexes(3, 4)), group="Complex")
    case("Sum", f"sum_{c}", feed(c, complexes(3, 40)), const("int32", [1]), group="Complex")
    for t in ["complex64", "complex128", "float", "double", "int32", "bool", "half", "int64", "uint8"]:
        case("Cast", f"cast_{c}_{t}", feed(c, [[1.5 - 2j, 0, 0.25j, 100.75]]), DstT=t, group="Complex")
        if t not in WIDTHS:
            case("Cast", f"cast_{t}_{c}", feed(t, [[1, 0, 3, 100]]), DstT=c, group="Complex")
for op in ["Real", "ComplexAbs", "Conj"]:
    case(op, f"{op.lower()}_special", feed("complex64", pairs))

# Elements of 8 and 16 bytes are moved
for c in WIDTHS:
    x = feed(c, complexes(2, 3, 4))
    case("Identity", f"identity_{c}", x, group="Complex")
    case("Reshape", f"reshape_{c}", x, const("int32", [4, -1]), group="Complex")
    case("Transpose", f"transpose_{c}", x, const("int32", [2, 0, 1]), group="Complex")
    case("Slice", f"slice_{c}", x, const("int32", [0, 1, 1]), const("int32", [2, 1, 2]), group="Complex")
    case("StridedSlice", f"stridedslice_{c}", x, const("int32", [0, 2, 3]), const("int32", [2, 0, 0]), const("int32", [1, -1, -2]), group="Complex")
    case("GatherV2", f"gather_{c}", x, feed("int32", [2, 0, 2]), const("int32", 1), group="Complex")
    case("ConcatV2", f"concat_{c}", [x, feed(c, complexes(2, 1, 4))], const("int32", 1), group="Complex")
    case("PadV2", f"pad_{c}", x, const("int32", [[1, 0], [0, 2], [1, 1]]), const(c, 2 - 1j), group="Complex")
    case("Pack", f"pack_{c}", [feed(c, complexes(2, 3)), feed(c, complexes(2, 3))], axis=1, group="Complex")
    case("Unpack", f"unpack_{c}", x, axis=1, num=3, group="Complex")
    case("Split", f"split_{c}", const("int32", 2), x, num_split=2, group="Complex")
    case("Tile", f"tile_{c}", x, const("int32", [1, 2, 1]), group="Complex")
    case("ExpandDims", f"expanddims_{c}", x, const("int32", 1), group="Complex")
    case("ReverseV2", f"reverse_{c}", x, const("int32", [1]), group="Complex")
    case("BroadcastTo", f"broadcastto_{c}", feed(c, complexes(3, 1)), const("int32", [2, 3, 4]), group="Complex")


def file(*shape, rate=16000, data=None):
    """A WAV file."""
    return through("EncodeWav", feed("float", data if data is not None else normal(*shape, scale=0.4)), const("int32", rate), dtype="string")


case("DecodeWav", "decodewav", file(50, 1))
case("DecodeWav", "decodewav_stereo", file(50, 2, rate=44100))
case("DecodeWav", "decodewav_cut", file(50, 2), desired_samples=30)
case("DecodeWav", "decodewav_filled", file(10, 1), desired_samples=30)
case("DecodeWav", "decodewav_more_channels", file(10, 2), desired_channels=3, desired_samples=12)
case("DecodeWav", "decodewav_fewer_channels", file(10, 2), desired_channels=1)
case("DecodeWav", "decodewav_no_channels", file(10, 2), desired_channels=0)
case("DecodeWav", "decodewav_empty", file(0, 2))
case("DecodeWav", "decodewav_ends", file(data=[[1], [-1], [2], [-2], [0.99999], [0.5 / 32768], [1.5 / 32768], [-0.5 / 32768], [INF], [-INF]]))
for name, at in [("no_data", 40), ("half_header", 30), ("short", 60), ("riff", 3)]:
    case("DecodeWav", f"decodewav_{name}", through("Substr", file(20, 1), const("int32", 0), const("int32", at), dtype="string", T="int32"), error=True)
case("DecodeRaw", "encodewav", file(9, 3, rate=8000), out_type="uint8", group="EncodeWav")
case("DecodeRaw", "encodewav_no_channels", file(9, 0), out_type="uint8", group="EncodeWav", error=True)
case("DecodeRaw", "encodewav_no_rate", file(9, 1, rate=0), out_type="uint8", group="EncodeWav", error=True)

for window, stride in [(2, 1), (3, 2), (60, 25), (64, 64), (400, 160), (480, 320)]:
    for squared in [False, True]:
        case(
            "AudioSpectrogram", f"audiospectrogram_{window}_{stride}" + "_squared" * squared, feed("float", normal(window + 2 * stride + 1, 2, scale=0.3)), window_size=window,
            stride=stride, magnitude_squared=squared,
        )
case("AudioSpectrogram", "audiospectrogram_short", feed("float", normal(50, 1)), window_size=64, stride=16)
case("AudioSpectrogram", "audiospectrogram_gaps", feed("float", normal(100, 1)), window_size=16, stride=40, magnitude_squared=True)
case("AudioSpectrogram", "audiospectrogram_vector", feed("float", normal(50)), window_size=16, stride=16, error=True)
case("AudioSpectrogram", "audiospectrogram_one", feed("float", normal(50, 1)), window_size=1, stride=16, error=True)
case("AudioSpectrogram", "audiospectrogram_no_stride", feed("float", normal(50, 1)), window_size=16, stride=0, error=True)


def spectra(*shape):
    return lambda rng: rng.normal(size=shape) ** 2 * 100


case("Mfcc", "mfcc", feed("float", spectra(2, 3, 257)), const("int32", 16000))
case("Mfcc", "mfcc_computed_rate", feed("float", spectra(1, 3, 257)), feed("int32", 8000), dct_coefficient_count=10)
case("Mfcc", "mfcc_few", feed("float", spectra(1, 4, 33)), const("int32", 16000), upper_frequency_limit=8000, lower_frequency_limit=100, filterbank_channel_count=10, dct_coefficient_count=10)
case("Mfcc", "mfcc_high", feed("float", spectra(1, 4, 33)), const("int32", 4000))
case("Mfcc", "mfcc_zeros", feed("float", np.zeros((1, 2, 65))), const("int32", 16000))
case("Mfcc", "mfcc_none", feed("float", np.zeros((1, 0, 65))), const("int32", 16000))
for name, bins, rate, attrs in [
    ("no_rate", 65, 0, {}), ("one_bin", 1, 16000, {}), ("limits", 65, 16000, {"upper_frequency_limit": 10}), ("coefficients", 65, 16000, {"dct_coefficient_count": 41}),
    ("negative", 65, 16000, {"lower_frequency_limit": -1}),
]:
    case("Mfcc", f"mfcc_{name}", feed("float", spectra(1, 2, bins)), const("int32", rate), error=True, **attrs)
