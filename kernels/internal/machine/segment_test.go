package machine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// imageBytes is the size of an image: enough that an instruction is worth several threads.
const imageBytes = 1 << 16

// batchOf returns a machine that gives, for the bytes x of some images, 2*(x+1), image by image: in a
// segment of two instructions, of which the second has parts. inspect is called with each image's first byte.
func batchOf(t *testing.T, images, threads int, inspect func(x byte) error) *Planned {
	param, result := NewBuffer(imageBytes, nil), NewBuffer(imageBytes, nil)
	param.Param, result.Result = 0, 0
	between := NewBuffer(imageBytes, nil)
	code := []Instruction{
		copying(t, imageBytes, false, func(w *Worker, _, _ int) error {
			for i, x := range w.Mem[0] {
				w.Mem[2][i] = x + 1
			}
			return inspect(w.Mem[0][0])
		}),
		copying(t, imageBytes, true, func(w *Worker, part, parts int) error {
			for i := part * imageBytes / parts; i < (part+1)*imageBytes/parts; i++ {
				w.Mem[1][i] = 2 * w.Mem[2][i]
			}
			return nil
		}),
	}
	inner := &Layout{Buffers: []*Buffer{param, result, between}, Outputs: []int{1}}
	touch(inner, 0, 0, 2)
	touch(inner, 1, 1, 2)
	require.NoError(t, inner.Place(1<<30, threads))
	plan := NewPlanned(inner, code, threads, 0, nil)

	in, out := NewBuffer(images*imageBytes, nil), NewBuffer(images*imageBytes, nil)
	in.Param, out.Result = 0, 0
	memory := NewBuffer(MemoryBytes(plan, images, threads), nil)
	l := &Layout{
		Results: []*core.Node{code[0].Node}, Outputs: []int{1}, Buffers: []*Buffer{in, out, memory},
		States: []func() any{NewStates(plan, images, threads)},
	}
	touch(l, 0, 0, 1, 2)
	require.NoError(t, l.Place(1<<30, threads))
	whole := copying(t, images*imageBytes, true, nil)
	whole.Segment = &Segment{
		Plan: plan, Groups: images, In: []Port{{0, imageBytes}}, Out: []Port{{1, imageBytes}}, Memory: 2, States: 0,
	}
	return NewPlanned(l, []Instruction{whole}, threads, 0, &RunPool{})
}

func touch(l *Layout, instruction int, buffers ...int) {
	for _, b := range buffers {
		l.Buffers[b].Touch(instruction)
	}
}

// numbered returns images whose bytes are their numbers.
func numbered(t *testing.T, images int) *core.Tensor {
	x, err := core.NewTensor(core.U8, core.Shape{images * imageBytes})
	require.NoError(t, err)
	for i := range x.Bytes() {
		x.Bytes()[i] = byte(i / imageBytes)
	}
	return x
}

func runBatch(t *testing.T, p *Planned, images int) (*core.Tensor, error) {
	y, err := core.NewTensor(core.U8, core.Shape{images * imageBytes})
	require.NoError(t, err)
	return y, p.Run(context.Background(), []*core.Tensor{numbered(t, images)}, []*core.Tensor{y})
}

func TestSegmentsComputeEveryImage(t *testing.T) {
	for threads := 1; threads <= 4; threads++ {
		for images := 1; images <= 9; images++ {
			t.Run(fmt.Sprintf("%d images/%d threads", images, threads), func(t *testing.T) {
				p := batchOf(t, images, threads, func(byte) error { return nil })
				for range 3 {
					y, err := runBatch(t, p, images)
					require.NoError(t, err)
					for i, v := range y.Bytes() {
						if want := byte(2 * (i/imageBytes + 1)); v != want {
							t.Fatalf("byte %d of image %d: got %d, want %d", i%imageBytes, i/imageBytes, v, want)
						}
					}
				}
			})
		}
	}
}

func TestSegmentsFail(t *testing.T) {
	const images = 5
	failure := errors.New("cannot")
	for threads := 1; threads <= 3; threads++ {
		for at := range byte(images) {
			t.Run(fmt.Sprintf("image %d/%d threads", at, threads), func(t *testing.T) {
				p := batchOf(t, images, threads, func(x byte) error {
					if x == at {
						return failure
					}
					return nil
				})
				_, err := runBatch(t, p, images)
				require.ErrorIs(t, err, failure)
				p = batchOf(t, images, threads, func(x byte) error {
					if x == at {
						panic("no such image")
					}
					return nil
				})
				_, err = runBatch(t, p, images)
				var panicked *core.InternalError
				require.ErrorAs(t, err, &panicked)
				assert.Equal(t, "no such image", panicked.Value)
				assert.Equal(t, p.code[0].Segment.Plan.code[0].Node.Name, panicked.Node)
			})
		}
	}
}

func TestSegmentsEndWithTheirContext(t *testing.T) {
	for threads := 1; threads <= 3; threads++ {
		ctx, cancel := context.WithCancel(context.Background())
		p := batchOf(t, 9, threads, func(x byte) error {
			assert.Less(t, x, byte(9-1), "computed after the end of the context")
			cancel()
			return nil
		})
		y, err := core.NewTensor(core.U8, core.Shape{9 * imageBytes})
		require.NoError(t, err)
		err = p.Run(ctx, []*core.Tensor{numbered(t, 9)}, []*core.Tensor{y})
		require.ErrorIs(t, err, context.Canceled)
	}
}

// Of what is between the instructions of a segment a thread keeps one image.
func TestSegmentsHoldOneImageForEachThread(t *testing.T) {
	for threads, want := range map[int]int{1: 1, 2: 2, 3: 3, 8: 8, 9: 1} {
		p := batchOf(t, 8, threads, nil)
		got := p.PeakBytes() / int64(p.code[0].Segment.Plan.layout.Arena)
		assert.EqualValues(t, want, got, "%d threads", threads)
	}
}

func TestSegmentsAreListedByTheirSteps(t *testing.T) {
	p := batchOf(t, 4, 2, func(byte) error { return nil })
	steps := p.Steps()
	require.Len(t, steps, 2)
	assert.Equal(t, p.code[0].Segment.Plan.code[1].Node, steps[1].Node)
	assert.Equal(t, "flip", steps[1].Kernel)
}
