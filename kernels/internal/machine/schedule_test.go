package machine

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// copying returns an instruction that moves some bytes, and may be split or not.
func copying(t testing.TB, bytes int, splits bool, run func(w *Worker, part, parts int) error) Instruction {
	p, err := core.NewNode(&core.Parameter{Type: core.U8, Shape: core.Shape{bytes}})
	require.NoError(t, err)
	n, err := core.NewNode(&pointwise.FlipSign{}, p.Out(0))
	require.NoError(t, err)
	return Instruction{Node: n, Kernel: "flip", Splits: splits, Run: run}
}

func TestStagesKeepShortWorkOnOneThread(t *testing.T) {
	const short, long = 1 << 10, 1 << 20 // 0.3 and 262 microseconds by the estimate
	one := func(first, last int) stage { return stage{first: first, last: last, shares: 1, blocks: 1} }
	shared := func(at, shares, halvings int) stage {
		return stage{first: at, last: at, shares: shares, blocks: 1, halvings: halvings}
	}
	for _, c := range []struct {
		name    string
		bytes   []int
		splits  []bool
		threads int
		want    []stage
	}{
		{"one thread", []int{long, short, long}, []bool{true, true, true}, 1, []stage{one(0, 2)}},
		{
			"short work is joined",
			[]int{short, short, long, short, short},
			[]bool{true, true, true, false, true},
			2,
			[]stage{one(0, 1), shared(2, 2, 5), one(3, 4)},
		},
		{"what cannot be split is joined", []int{long, short, long}, []bool{false, false, false}, 4, []stage{one(0, 2)}},
		{"few parts for middling work", []int{1 << 17}, []bool{true}, 2, []stage{shared(0, 2, 2)}},
		{"as many as threads at least", []int{1 << 18}, []bool{true}, 16, []stage{shared(0, 16, 0)}},
		{"not too many parts", []int{1 << 23}, []bool{true}, 2, []stage{shared(0, 2, mostHalvings)}},
		{
			"long work is also divided for one thread",
			[]int{1 << 28},
			[]bool{true},
			1,
			[]stage{{first: 0, last: 0, shares: 1, blocks: 4}},
		},
		{
			"and into blocks for several",
			[]int{1 << 30},
			[]bool{true},
			3,
			[]stage{{first: 0, last: 0, shares: 3, blocks: 8, halvings: mostHalvings}},
		},
		{"nothing", nil, nil, 2, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var code []Instruction
			for i, b := range c.bytes {
				code = append(code, copying(t, b, c.splits[i], nil))
			}
			assert.Equal(t, c.want, stages(code, c.threads))
		})
	}
}

func TestStagesKeepToMostParts(t *testing.T) {
	for _, c := range []struct{ most, threads, shares, halvings int }{
		{0, 2, 2, 5}, {9, 2, 2, 2}, {6, 2, 2, 1}, {3, 2, 2, 0}, {1, 2, 1, 0}, {3, 4, 1, 0}, {6, 3, 3, 1},
	} {
		i := copying(t, 1<<20, true, nil)
		i.MostParts = c.most
		want := stage{shares: c.shares, blocks: 1, halvings: c.halvings}
		assert.Equal(t, []stage{want}, stages([]Instruction{i}, c.threads), "%+v", c)
	}
}

func TestPartsOfAShareMakeUpTheShare(t *testing.T) {
	for _, s := range []stage{
		{shares: 1, blocks: 1},
		{shares: 3, blocks: 1},
		{shares: 2, blocks: 5},
		{shares: 2, blocks: 1, halvings: 1},
		{shares: 3, blocks: 1, halvings: 6},
		{shares: 2, blocks: 4, halvings: 3},
	} {
		at := big.NewRat(0, 1)
		var sizes []string
		for share := range s.shares {
			for i := range s.partsPerShare() {
				part, parts := s.part(share, i)
				assert.Equal(t, big.NewRat(int64(part), int64(parts)), at, "%+v: part %d of share %d", s, i, share)
				at = big.NewRat(int64(part)+1, int64(parts))
				if share == 0 {
					sizes = append(sizes, big.NewRat(int64(s.shares), int64(parts)).String())
				}
			}
			assert.Equal(t, big.NewRat(int64(share)+1, int64(s.shares)), at, "%+v: share %d", s, share)
		}
		if s.halvings == 3 {
			assert.Equal(t, []string{"1/4", "1/4", "1/4", "1/8", "1/16", "1/32", "1/32"}, sizes)
		}
	}
}

// scheduled returns a machine of the instructions, without memory.
func scheduled(code []Instruction, threads int) *Planned {
	return NewPlanned(&Layout{}, code, threads, 0, &RunPool{})
}

// execute runs the instructions of a machine in the memory of r.
func execute(ctx context.Context, p *Planned, r *Run) error {
	return p.waiting.Get().(*progress).execute(ctx, r)
}

func TestEveryPartIsComputedOnceAndInOrder(t *testing.T) {
	const steps, threads, units = 40, 3, 3 << mostHalvings
	var computed [steps]atomic.Int32 // in units
	var finished atomic.Int32        // instructions
	var code []Instruction
	for i := range steps {
		bytes := 1 << (10 + i%11)
		code = append(code, copying(t, bytes, i%2 == 1, func(w *Worker, part, parts int) error {
			if before := finished.Load(); int(before) != i {
				return errors.New("begun before the one before had ended")
			}
			if computed[i].Add(int32(units/parts)) == units {
				finished.Add(1)
			}
			return nil
		}))
	}
	p := scheduled(code, threads)
	for range 200 {
		finished.Store(0)
		require.NoError(t, execute(context.Background(), p, &Run{layout: p.layout}))
		for _, s := range p.stages {
			for i := s.first; i <= s.last; i++ {
				require.EqualValues(t, units, computed[i].Swap(0), "instruction %d", i)
			}
		}
	}
}

func TestFailureEndsTheRun(t *testing.T) {
	failure := errors.New("cannot")
	for _, threads := range []int{1, 2, 3} {
		var begun, ended atomic.Int32
		p := scheduled([]Instruction{
			copying(t, 1<<20, true, func(*Worker, int, int) error { return nil }),
			copying(t, 1<<20, true, func(_ *Worker, part, parts int) error {
				begun.Add(1)
				runtime.Gosched()
				ended.Add(1)
				if part == parts-1 {
					return failure
				}
				return nil
			}),
			copying(t, 1<<20, true, func(*Worker, int, int) error { panic("computed after a failure") }),
		}, threads)
		for range 100 {
			begun.Store(0)
			ended.Store(0)
			require.ErrorIs(t, execute(context.Background(), p, &Run{layout: p.layout}), failure)
			require.Equal(t, begun.Load(), ended.Load(), "a part goes on behind the Run's back")
		}
	}
}

func TestCancellationEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := scheduled([]Instruction{
		copying(t, 1<<20, true, func(*Worker, int, int) error { cancel(); return nil }),
		copying(t, 1<<20, false, func(*Worker, int, int) error { return nil }),
		copying(t, 1<<20, true, func(*Worker, int, int) error { return nil }),
	}, 2)
	require.ErrorIs(t, execute(ctx, p, &Run{layout: p.layout}), context.Canceled)
}

// In a part of an instruction that several threads share, and at the end of one on one thread.
func TestPanicInAPart(t *testing.T) {
	for _, threads := range []int{1, 4} {
		for _, splits := range []bool{false, true} {
			p := scheduled([]Instruction{
				copying(t, 1<<20, true, func(*Worker, int, int) error { return nil }),
				copying(t, 1<<20, splits, func(_ *Worker, part, parts int) error {
					if part == parts-1 {
						panic(errors.New("planted"))
					}
					return nil
				}),
				copying(t, 1<<20, true, func(*Worker, int, int) error { return errors.New("computed after a panic") }),
			}, threads)
			for range 50 {
				r := &Run{layout: p.layout}
				var e *core.InternalError
				require.ErrorAs(t, execute(context.Background(), p, r), &e)
				assert.Equal(t, errors.New("planted"), e.Value)
				assert.Equal(t, "FlipSign", e.Op)
				assert.Contains(t, string(e.Stack), "TestPanicInAPart")
				require.True(t, r.broken.Load(), "its memory is not used again")
			}
		}
	}
}

// What a pool gets back of a Run that panicked is not given out again.
func TestPanicTakesTheMemoryAway(t *testing.T) {
	runs, l := &RunPool{}, &Layout{}
	for range 20 {
		r := runs.get(l)
		require.False(t, r.broken.Load())
		r.broken.Store(true)
		runs.put(r)
	}
}

// BenchmarkStage measures what a stage costs beyond its work: a loop that takes about 10 microseconds on one thread.
func BenchmarkStage(b *testing.B) {
	const stages, iterations = 100, 30_000
	var alone float64 // ns per stage on one thread
	for _, threads := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			var code []Instruction
			for range stages {
				code = append(code, copying(b, 1<<17, true, func(w *Worker, part, parts int) error {
					x := uint32(part)
					for range iterations / parts {
						x = x*3 + 1
					}
					if x == 12345 {
						return context.Canceled
					}
					return nil
				}))
			}
			p := scheduled(code, threads)
			r := &Run{layout: p.layout}
			b.ReportAllocs()
			for b.Loop() {
				if err := execute(context.Background(), p, r); err != nil {
					b.Fatal(err)
				}
			}
			stage := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / stages
			if threads == 1 {
				alone = stage
			}
			b.ReportMetric(stage, "ns/stage")
			b.ReportMetric(stage-alone/float64(threads), "ns-overhead/stage")
		})
	}
}
