package machine

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
)

// copying returns an instruction that moves some bytes, and may be split or not.
func copying(t *testing.T, bytes int, splits bool, run func(w *Worker, part, parts int) error) Instruction {
	p, err := core.NewNode(&core.Parameter{Type: core.U8, Shape: core.Shape{bytes}})
	require.NoError(t, err)
	n, err := core.NewNode(&pointwise.FlipSign{}, p.Out(0))
	require.NoError(t, err)
	return Instruction{Node: n, Kernel: "flip", Splits: splits, Run: run}
}

func TestStagesKeepShortWorkOnOneThread(t *testing.T) {
	const short, long = 1 << 10, 1 << 20 // 0.3 and 262 microseconds by the estimate
	for _, c := range []struct {
		name    string
		bytes   []int
		splits  []bool
		threads int
		want    []stage
	}{
		{"one thread", []int{long, short, long}, []bool{true, true, true}, 1, []stage{{first: 0, last: 2, parts: 1}}},
		{
			"short work is joined",
			[]int{short, short, long, short, short},
			[]bool{true, true, true, false, true},
			2,
			[]stage{{first: 0, last: 1, parts: 1}, {first: 2, last: 2, parts: 8}, {first: 3, last: 4, parts: 1}},
		},
		{
			"what cannot be split is joined",
			[]int{long, short, long},
			[]bool{false, false, false},
			4,
			[]stage{{first: 0, last: 2, parts: 1}},
		},
		{"few parts for middling work", []int{1 << 17}, []bool{true}, 2, []stage{{first: 0, last: 0, parts: 4}}},
		{"as many as threads at least", []int{1 << 18}, []bool{true}, 8, []stage{{first: 0, last: 0, parts: 8}}},
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
	for _, c := range []struct{ most, threads, want int }{
		{0, 2, 8}, {9, 2, 8}, {6, 2, 6}, {5, 2, 4}, {1, 2, 2}, {3, 4, 4},
	} {
		i := copying(t, 1<<20, true, nil)
		i.MostParts = c.most
		assert.Equal(t, c.want, stages([]Instruction{i}, c.threads)[0].parts, "%+v", c)
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
	const steps, threads = 40, 3
	var computed [steps]atomic.Int32
	var finished atomic.Int32 // instructions
	var code []Instruction
	for i := range steps {
		bytes := 1 << (10 + i%11)
		code = append(code, copying(t, bytes, i%2 == 1, func(w *Worker, part, parts int) error {
			if before := finished.Load(); int(before) != i {
				return errors.New("begun before the one before had ended")
			}
			if int(computed[i].Add(1)) == parts {
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
				require.EqualValues(t, s.parts, computed[i].Swap(0), "instruction %d", i)
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
