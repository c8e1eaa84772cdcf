package depthwise

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/gemm"
)

// layer is a depthwise convolution of a square image with a square window and SAME padding.
type layer struct{ window, size, channels, stride int }

// BenchmarkLayers runs MobileNetV2's shapes, and those of 5x5 from MobileNetV3, with the whole epilogue of a TensorFlow
// convolution. They report the fastest call.
func BenchmarkLayers(b *testing.B) {
	for _, l := range []layer{
		{3, 112, 32, 1},
		{3, 112, 96, 2},
		{3, 56, 144, 1},
		{3, 28, 192, 1},
		{3, 14, 384, 1},
		{3, 14, 576, 1},
		{3, 7, 960, 1},
		{5, 56, 72, 2},
		{5, 28, 120, 1},
		{5, 14, 672, 2},
		{5, 14, 672, 1},
		{5, 7, 960, 1},
	} {
		for _, v := range runnable() {
			name := fmt.Sprintf("%dx%ds%d_%dx%d/%s", l.window, l.window, l.stride, l.channels, l.size, v.Name)
			b.Run(name, func(b *testing.B) { l.bench(b, v) })
		}
	}
}

func (l layer) bench(b *testing.B, v *Variant) {
	r := rand.New(rand.NewPCG(1, 2))
	image := l.size * l.size * l.channels
	args := Args{A: make([]byte, image+l.channels+bounds.Slack), LDC: l.channels}
	for i := range args.A {
		args.A[i] = byte(r.IntN(256))
	}
	out := (l.size + l.stride - 1) / l.stride
	tap := func(iy, ix int) int32 {
		iy, ix = iy-(l.window-l.stride)/2, ix-(l.window-l.stride)/2
		if iy < 0 || iy >= l.size || ix < 0 || ix >= l.size {
			return int32(image)
		}
		return int32((iy*l.size + ix) * l.channels)
	}
	args.C = make([]byte, out*out*l.channels)
	operand := func(size float32) []float32 {
		v := make([]float32, l.channels)
		for i := range v {
			v[i] = size * r.Float32()
		}
		return v
	}
	weights, init := make([]int8, l.window*l.window*l.channels), make([]int32, l.channels)
	for i := range weights {
		weights[i] = int8(r.IntN(256) - 128)
	}
	e := gemm.Epilogue{Out: gemm.U8, Hi: 255, Scale: operand(0.01), Bias: operand(3), Relu: true, Post: operand(1)}
	spec := Spec{Channels: l.channels, Taps: l.window * l.window, Epilogue: e, Columns: l.window, Step: l.stride}
	packed, err := Pack(v, spec, weights, init)
	if err != nil {
		b.Fatal(err)
	}
	if packed.Slides() {
		side := (out-1)*l.stride + l.window
		args.Grid = Grid{Rows: out, Columns: out, Height: side, Width: side, RowStep: l.stride, TapStep: 1}
		for i := range side * side {
			args.Offsets = append(args.Offsets, tap(i/side, i%side))
		}
	} else {
		for m := range out * out {
			for t := range l.window * l.window {
				args.Offsets = append(args.Offsets, tap(m/out*l.stride+t/l.window, m%out*l.stride+t%l.window))
			}
		}
	}
	if err := packed.CheckOffsets(args.Offsets, len(args.A)); err != nil {
		b.Fatal(err)
	}
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		packed.Run(&args, 0, out*out)
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(2*l.window*l.window*out*out*l.channels)/1e9/best.Seconds(), "GOP/s")
	b.ReportMetric(best.Seconds()*1e6, "µs/fastest")
}
