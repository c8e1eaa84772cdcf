package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/kernels/internal/bounds"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// layer is a convolution (or, with size 1, a matrix product) to be timed.
type layer struct {
	size, window, stride, inC, outC int  // the output is size*size
	wide                            bool // taps are whole rows of the window
}

func (l layer) String() string {
	return fmt.Sprintf("%dx%d_%dx%ds%d_%dto%d", l.size, l.size, l.window, l.window, l.stride, l.inC, l.outC)
}

// layers are those of docs: ResNet-50, MobileNetV2, and plain products.
var layers = []layer{
	{112, 7, 2, 3, 64, true},
	{56, 1, 1, 64, 64, false},
	{56, 3, 1, 64, 64, false},
	{56, 1, 1, 64, 256, false},
	{56, 1, 1, 256, 64, false},
	{28, 3, 2, 128, 128, false},
	{28, 3, 1, 128, 128, false},
	{28, 1, 1, 512, 128, false},
	{14, 3, 1, 256, 256, false},
	{14, 1, 1, 1024, 256, false},
	{7, 3, 1, 512, 512, false},
	{7, 1, 1, 512, 2048, false},
	{112, 3, 2, 3, 32, true},
	{112, 1, 1, 32, 16, false},
	{112, 1, 1, 16, 96, false},
	{56, 1, 1, 24, 144, false},
	{56, 1, 1, 144, 24, false},
	{14, 1, 1, 384, 64, false},
	{7, 1, 1, 960, 320, false},
	{1, 1, 1, 2048, 1001, false},
	{32, 1, 1, 1024, 1024, false},
	{16, 1, 1, 4096, 4096, false},
}

// problem makes the layer's data: the image with its padding, and random weights.
func (l layer) problem() *problem {
	r := rand.New(rand.NewPCG(7, 7))
	side := (l.size-1)*l.stride + l.window
	p := &problem{
		m: l.size * l.size, n: l.outC, taps: l.window * l.window, k: l.inC,
		epilogue: Epilogue{Out: U8, Scale: someOf(), Bias: someOf(), Relu: true, Post: someOf(), Hi: 255},
	}
	if l.wide {
		p.taps, p.k = l.window, l.window*l.inC
	} else if l.window == 3 && l.stride == 1 {
		p.images, p.grid = 1, Grid{l.size, l.size}
		p.args.Grid = p.grid
	}
	p.args.A = make([]byte, side*side*l.inC+bounds.Slack)
	for i := range p.args.A {
		p.args.A[i] = byte(r.IntN(256))
	}
	for y := range l.size {
		for x := range l.size {
			for ky := range l.window {
				for kx := range l.window {
					if !l.wide || kx == 0 {
						p.args.Offsets = append(p.args.Offsets, int32(((y*l.stride+ky)*side+x*l.stride+kx)*l.inC))
					}
				}
			}
		}
	}
	p.weights = make([]int8, p.taps*p.k*p.n)
	for i := range p.weights {
		p.weights[i] = int8(r.IntN(256) - 128)
	}
	p.start = make([]int32, p.n)
	p.fillEpilogue(r)
	p.epilogue.Lo, p.epilogue.Hi = 0, 255
	p.args.LDC = p.n
	p.args.C = make([]byte, p.m*p.n)
	return p
}

// BenchmarkLayers reports for every variant GOP/s of the fastest call (a multiply-add is
// two operations) and their ratio to what the variant's instructions reach in a loop over registers,
// measured in the same run.
func BenchmarkLayers(b *testing.B) {
	for _, v := range runnable() {
		limit := v.Limit()
		for _, l := range layers {
			b.Run(fmt.Sprintf("%s/%s", l, v.Name), func(b *testing.B) {
				p := l.problem()
				if v.computes != nil && !v.computes(p.spec()) {
					b.Skip("not for this layer")
				}
				packed, err := Pack(v, p.spec(), p.weights, p.start)
				require.NoError(b, err)
				p.args.Scratch = make([]byte, packed.Scratch())
				require.NoError(b, packed.spec.CheckOffsets(p.args.Offsets, len(p.args.A)))
				best := math.Inf(1) // like the limit: machines are shared
				for b.Loop() {
					begin := time.Now()
					packed.Run(&p.args, 0, p.m, 0, packed.Panels())
					best = min(best, float64(time.Since(begin).Nanoseconds()))
				}
				rate := 2 * float64(p.m) * float64(p.n) * float64(p.taps) * float64(p.k) / best
				b.ReportMetric(rate, "GOP/s")
				b.ReportMetric(rate/limit, "of-limit")
			})
		}
		b.Run("limit/"+v.ISA.String(), func(b *testing.B) {
			for b.Loop() {
				v.limit.run(1000)
			}
			b.ReportMetric(float64(v.limit.operations*1000*b.N)/float64(b.Elapsed().Nanoseconds()), "GOP/s")
		})
	}
}

// BenchmarkPack packs the weights of the last 3x3 layer of ResNet-50.
func BenchmarkPack(b *testing.B) {
	for _, v := range variants.Within(^isa.Set(0)) {
		b.Run(v.Name, func(b *testing.B) {
			p := layer{1, 3, 1, 512, 512, false}.problem()
			b.SetBytes(int64(len(p.weights)))
			for b.Loop() {
				_, err := Pack(v, p.spec(), p.weights, p.start)
				require.NoError(b, err)
			}
		})
	}
}

// TestNoAllocation: a call of Run allocates nothing.
func TestNoAllocation(t *testing.T) {
	if simulated {
		t.Skip("simulated routines allocate")
	}
	for _, v := range runnable() {
		columns := 37
		if v.computes != nil {
			columns = 48
		}
		p := layer{5, 3, 1, 8, columns, false}.problem()
		packed, err := Pack(v, p.spec(), p.weights, p.start)
		require.NoError(t, err)
		p.args.Scratch = make([]byte, packed.Scratch())
		if v.Orders() {
			p.args.Order, err = NewOrder(p.m, p.taps, []Region{
				{Rows: 5, Step: 1, Lines: 4, LineStep: 5, Taps: []int32{0, 1, 2, 3, 4, 5, 6, 7, 8}},
				{First: 20, Rows: 5, Step: 1, Lines: 1, Taps: []int32{0, 2}},
			})
			require.NoError(t, err)
		}
		n := testing.AllocsPerRun(10, func() {
			a := p.args
			packed.Run(&a, 0, p.m, 0, packed.Panels())
		})
		require.Zero(t, n, v.Name)
	}
}
