package segments

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/internal/testmode"
)

// mixed among the channels of a network is no convolution: what is there is less its mean over the batch.
const mixed = 0

// network returns a function of convolutions of 1x1 over a batch of images of side*side pixels of float32,
// whose channels are given: of the input and of each output.
func network(t *testing.T, batch, side int, channels ...int) *core.Function {
	node := func(op core.Op, in ...core.Value) core.Value {
		n, err := core.NewNamedNode(core.OpName(op), op, in...)
		require.NoError(t, err)
		return n.Out(0)
	}
	x := node(&core.Parameter{Type: core.F32, Shape: core.Shape{batch, side, side, channels[0]}})
	f := &core.Function{Parameters: []*core.Node{x.Node}}
	for _, c := range channels[1:] {
		if c == mixed {
			x = node(&pointwise.Subtract{}, x, node(&reduce.Mean{Reduction: reduce.Reduction{Axes: []int{0}}}, x))
			continue
		}
		w, err := core.NewTensor(core.F32, core.Shape{1, 1, x.Shape()[3], c})
		require.NoError(t, err)
		x = node(&linear.Convolution{Spatial: geometry.Spatial{Layout: geometry.NHWC}}, x, core.NewConstant(w))
	}
	f.Results = []*core.Node{node(&core.Result{}, x).Node}
	return f
}

// sizes lists how many nodes each segment has and for how many images at a time.
func sizes(t *testing.T, f *core.Function, threads int) (all [][2]int) {
	p, err := Cut(f, threads)
	require.NoError(t, err)
	for _, part := range p.Parts {
		if s := part.Segment; s != nil {
			all = append(all, [2]int{len(s.Whole), s.In[0].Value.Shape()[0] / s.Groups})
			for m, n := range s.Nodes {
				want := n.Outputs()[0].Shape.Clone()
				want[0] /= s.Groups
				assert.Equal(t, want, m.Outputs()[0].Shape)
			}
		}
	}
	return all
}

func TestSegmentsFollowFromBytes(t *testing.T) {
	for _, c := range []struct {
		name     string
		batch    int
		threads  int
		side     int
		channels []int
		want     [][2]int
	}{
		{"one image", 1, 1, 64, []int{64, 64, 64}, nil},
		{"all images fit", 8, 1, 8, []int{64, 64, 64}, nil},
		{"a large image alone", 8, 1, 48, []int{64, 64, 64}, [][2]int{{2, 1}}},
		{"as many as fit", 8, 1, 32, []int{64, 64, 64}, [][2]int{{2, 2}}},
		{"a number that divides the batch", 9, 1, 20, []int{64, 64, 64}, [][2]int{{2, 3}}},
		{"many weights", 8, 1, 4, []int{1024, 1024, 1024}, nil},
		{"what mixes images divides", 8, 1, 32, []int{64, 64, 64, mixed, 64, 64, 64}, [][2]int{{2, 2}, {4, 2}}},
		{"a group for each thread", 4, 4, 48, []int{64, 64, 64}, [][2]int{{2, 1}}},
		{"fewer images than threads", 4, 8, 48, []int{64, 64, 64}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, sizes(t, network(t, c.batch, c.side, c.channels...), c.threads))
		})
	}
}

// A vector is as many images as it has elements. What elementwise ops alone make of it is one instruction, which reads
// it once however many elements are taken at a time.
func TestElementwiseOpsAloneTakeTheWholeBatch(t *testing.T) {
	x, err := core.NewNode(&core.Parameter{Type: core.F32, Shape: core.Shape{1 << 20}})
	require.NoError(t, err)
	square, err := core.Apply(&pointwise.Unary{Function: pointwise.Square}, x.Out(0))
	require.NoError(t, err)
	magnitude, err := core.Apply(&pointwise.Unary{Function: pointwise.Abs}, square)
	require.NoError(t, err)
	sum, err := core.Apply(&reduce.Sum{Reduction: reduce.Reduction{Axes: []int{0}}}, magnitude)
	require.NoError(t, err)
	result, err := core.NewNode(&core.Result{}, sum)
	require.NoError(t, err)
	f := &core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{result}}
	for _, threads := range []int{1, 2} {
		assert.Empty(t, sizes(t, f, threads), "%d threads", threads)
	}
}

// A product of a batch with itself, or with what another product made of it, is of all images.
func TestWhatTakesAllImagesIsInNoSegmentWithThem(t *testing.T) {
	defer testmode.SetCacheBytes(0)
	testmode.SetCacheBytes(16 << 10)
	const batch, side = 64, 4
	conv := func(x core.Value, channels int) core.Value {
		w, err := core.NewTensor(core.F32, core.Shape{1, 1, x.Shape()[3], channels})
		require.NoError(t, err)
		op := &linear.Convolution{Spatial: geometry.Spatial{Layout: geometry.NHWC}}
		y, err := core.Apply(op, x, core.NewConstant(w))
		require.NoError(t, err)
		return y
	}
	x, err := core.NewNode(&core.Parameter{Type: core.F32, Shape: core.Shape{batch, side, side, 4}})
	require.NoError(t, err)
	a, b := conv(x.Out(0), batch), conv(conv(x.Out(0), batch), 2)
	for name, in := range map[string][2]core.Value{
		"with itself": {a, a}, "with another": {a, b}, "with what is given": {a, x.Out(0)},
	} {
		t.Run(name, func(t *testing.T) {
			y, err := core.NewNode(&linear.Dot{ReductionAxes: 1}, in[0], in[1])
			require.NoError(t, err)
			r, err := core.NewNode(&core.Result{}, y.Out(0))
			require.NoError(t, err)
			p, err := Cut(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, 1)
			require.NoError(t, err)
			segments := 0
			for _, part := range p.Parts {
				if s := part.Segment; s != nil && slices.Contains(s.Whole, y) {
					assert.Equal(t, []*core.Node{y}, s.Whole)
					require.Len(t, s.In, 2)
					assert.True(t, s.In[0].Batched)
					assert.False(t, s.In[1].Batched, "it has all images")
				} else if s != nil {
					segments++
				}
			}
			assert.Positive(t, segments)
		})
	}
}

// A reshape may make several rows of an image: its groups have the rows of as many images.
func TestRowsOfImagesAreInOneSegment(t *testing.T) {
	defer testmode.SetCacheBytes(0)
	testmode.SetCacheBytes(1 << 13)
	const batch, length, size = 6, 8, 32
	node := func(op core.Op, in ...core.Value) core.Value {
		n, err := core.NewNode(op, in...)
		require.NoError(t, err)
		return n.Out(0)
	}
	constant := func(s core.Shape) core.Value {
		w, err := core.NewTensor(core.F32, s)
		require.NoError(t, err)
		return core.NewConstant(w)
	}
	to := func(d ...int64) core.Value {
		s, err := core.TensorOf(core.Shape{len(d)}, d)
		require.NoError(t, err)
		return core.NewConstant(s)
	}
	x := node(&core.Parameter{Type: core.F32, Shape: core.Shape{batch * length, size}})
	y := node(&linear.Dot{ReductionAxes: 1}, x, constant(core.Shape{size, size}))
	y = node(&array.Reshape{}, y, to(batch, length, size))
	y = node(&array.Transpose{Order: []int{0, 2, 1}}, y)
	y = node(&linear.BatchDot{}, y, node(&array.Reshape{}, x, to(batch, length, size)))
	y = node(&array.Reshape{}, y, to(batch*size, size))
	y = node(&linear.Dot{ReductionAxes: 1}, y, constant(core.Shape{size, size}))
	p, err := Cut(&core.Function{Parameters: []*core.Node{x.Node}, Results: []*core.Node{node(&core.Result{}, y).Node}}, 1)
	require.NoError(t, err)
	var segments []*Segment
	for _, part := range p.Parts {
		if part.Segment != nil {
			segments = append(segments, part.Segment)
		}
	}
	require.Len(t, segments, 1)
	require.Equal(t, batch, segments[0].Groups)
	require.Len(t, segments[0].Whole, 7)
	for m, n := range segments[0].Nodes {
		want := n.Outputs()[0].Shape.Clone()
		want[0] /= batch
		require.Equal(t, want, m.Outputs()[0].Shape)
	}
}

func TestReshapesAloneAreNoSegment(t *testing.T) {
	x, err := core.NewNode(&core.Parameter{Type: core.F32, Shape: core.Shape{6, 8, 4}})
	require.NoError(t, err)
	shape, err := core.TensorOf(core.Shape{2}, []int32{6, 32})
	require.NoError(t, err)
	y, err := core.NewNode(&array.Reshape{}, x.Out(0), core.NewConstant(shape))
	require.NoError(t, err)
	r, err := core.NewNode(&core.Result{}, y.Out(0))
	require.NoError(t, err)
	p, err := Cut(&core.Function{Parameters: []*core.Node{x}, Results: []*core.Node{r}}, 1)
	require.NoError(t, err)
	for _, part := range p.Parts {
		require.Nil(t, part.Segment)
	}
}
