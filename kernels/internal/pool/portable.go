package pool

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
)

func runPortable(v *Variant, a *Args, m0, m1 int) {
	row := a.Channels * v.Kind.Size()
	for m := m0; m < m1; m++ {
		out := a.C[m*a.LDC:][:row]
		taps := a.Offsets[m*a.Taps : (m+1)*a.Taps]
		switch v.Kind {
		case MaxU8:
			maxBytes(out, a.A, taps, 0)
		case MaxI8:
			maxBytes(out, a.A, taps, 0x80)
		case MaxU16:
			maxWhole[uint16](out, a.A, taps)
		case MaxI16:
			maxWhole[int16](out, a.A, taps)
		case MaxU32:
			maxWhole[uint32](out, a.A, taps)
		case MaxI32:
			maxWhole[int32](out, a.A, taps)
		case MaxI64:
			maxWhole[int64](out, a.A, taps)
		case MaxF32:
			maxReals[float32](out, a.A, taps)
		case MaxF64:
			maxReals[float64](out, a.A, taps)
		case MaxBF16:
			maxHalves(out, a.A, taps)
		case AverageU8:
			averageBytes(out, a.A, taps, a.Counts[m], 0)
		case AverageI8:
			averageBytes(out, a.A, taps, a.Counts[m], 0x80)
		case AverageF32:
			averageReals[float32](out, a.A, taps, a.Counts[m])
		case AverageF64:
			averageReals[float64](out, a.A, taps, a.Counts[m])
		case MeanF32:
			meanFloats(out, a.A, taps, a.Counts[m])
		case InterpolateF32:
			interpolateFloats(out, a.A[taps[0]:], a.A[taps[1]:], a.Counts[m])
		case WeighedF32:
			weighFloats(out, a.A, taps, a.Counts[m*a.Taps:])
		}
	}
}

// maxBytes stores the maximum of the taps, comparing bytes with the bits in flip inverted.
func maxBytes(out, a []byte, taps []int32, flip byte) {
	copy(out, a[taps[0]:])
	for _, o := range taps[1:] {
		x := a[o:][:len(out)]
		for i, b := range out {
			out[i] = max(b^flip, x[i]^flip) ^ flip
		}
	}
}

func load(a []byte, at int) float32 { return math.Float32frombits(binary.NativeEndian.Uint32(a[at:])) }

func store(out []byte, i int, v float32) { binary.NativeEndian.PutUint32(out[i:], math.Float32bits(v)) }

// maxWhole stores the maximum of the taps, which are integers.
func maxWhole[T uint16 | int16 | uint32 | int32 | int64](out, a []byte, taps []int32) {
	copy(out, a[taps[0]:])
	best := view.Of[T](out)
	for _, o := range taps[1:] {
		for i, x := range view.Of[T](a[o:][:len(out)]) {
			best[i] = max(best[i], x)
		}
	}
}

// maxReals is maxWhole for reals.
func maxReals[T float32 | float64](out, a []byte, taps []int32) {
	copy(out, a[taps[0]:])
	best := view.Of[T](out)
	for _, o := range taps[1:] {
		for i, x := range view.Of[T](a[o:][:len(out)]) {
			if v := best[i]; !(v > x) && v == v {
				best[i] = x
			}
		}
	}
}

func maxHalves(out, a []byte, taps []int32) {
	wide := func(at int) float32 { return math.Float32frombits(uint32(binary.NativeEndian.Uint16(a[at:])) << 16) }
	for i := 0; i < len(out); i += 2 {
		best := wide(int(taps[0]) + i)
		for _, o := range taps[1:] {
			if x := wide(int(o) + i); !(best > x) && best == best {
				best = x
			}
		}
		binary.NativeEndian.PutUint16(out[i:], activation.F32ToBF16(best))
	}
}

// averageReals stores the average of the taps.
func averageReals[T float32 | float64](out, a []byte, taps []int32, count float32) {
	copy(out, a[taps[0]:])
	sums := view.Of[T](out)
	for _, o := range taps[1:] {
		for i, x := range view.Of[T](a[o:][:len(out)]) {
			sums[i] += x
		}
	}
	for i := range sums {
		sums[i] /= T(count)
	}
}

func meanFloats(out, a []byte, taps []int32, count float32) {
	for i := 0; i < len(out); i += 4 {
		var lane [16]float32
		for t, o := range taps {
			lane[t%16] += load(a, int(o)+i)
		}
		for half := 8; half > 0; half /= 2 {
			for l := range half {
				lane[l] += lane[l+half]
			}
		}
		store(out, i, lane[0]/count)
	}
}

func interpolateFloats(out, x, y []byte, fraction float32) {
	for i := 0; i < len(out); i += 4 {
		v := load(x, i)
		store(out, i, v+float32((load(y, i)-v)*fraction))
	}
}

func weighFloats(out, a []byte, taps []int32, weights []float32) {
	for i := 0; i < len(out); i += 4 {
		sum := float32(load(a, int(taps[0])+i) * weights[0])
		for t, o := range taps[1:] {
			sum += float32(load(a, int(o)+i) * weights[t+1])
		}
		store(out, i, sum)
	}
}

// portableBlock is how many channels averageBytes sums at a time.
const portableBlock = 64

// averageBytes averages bytes after inverting the bits in flip: 0x80 turns signed bytes into unsigned bytes that are
// larger by 128.
func averageBytes(out, a []byte, taps []int32, count float32, flip byte) {
	var buffer [portableBlock]int32
	for c0 := 0; c0 < len(out); c0 += portableBlock {
		sums := buffer[:min(portableBlock, len(out)-c0)]
		for i := range sums {
			sums[i] = -int32(flip) * int32(len(taps))
		}
		for _, o := range taps {
			for i, b := range a[int(o)+c0:][:len(sums)] {
				sums[i] += int32(b ^ flip)
			}
		}
		for i, s := range sums {
			out[c0+i] = byte(int32(math.RoundToEven(float64(float32(s) * count))))
		}
	}
}
