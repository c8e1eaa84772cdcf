package array

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var (
	_ = core.Register[SpaceToDepth]("SpaceToDepth")
	_ = core.Register[DepthToSpace]("DepthToSpace")
)

// SpaceToDepth moves blocks of pixels into the channels.
//
//	y[n, i, j, (a*B + b)*C + c] = x[n, i*B + a, j*B + b, c], B = BlockSize
//
//	Inputs:  x: any type, [N, H, W, C] or [N, C, H, W] by Layout
//	Outputs: y: the type of x, [N, H/B, W/B, C*B*B] or [N, C*B*B, H/B, W/B]
//
//	C1: BlockSize is in [2, 2^24]
//	C2: x has rank 4; BlockSize divides height and width
//
// It is nGraph's op::v0::SpaceToDepth (blocks first) and TensorFlow's SpaceToDepth.
type SpaceToDepth struct {
	Layout    geometry.Layout `json:"layout"`
	BlockSize int             `json:"block_size"`
}

// DepthToSpace moves blocks of channels into the pixels: the inverse of SpaceToDepth.
//
//	y[n, i*B + a, j*B + b, c] = x[n, i, j, (a*B + b)*C + c], B = BlockSize
//
//	Inputs:  x: any type, [N, H, W, C*B*B] or [N, C*B*B, H, W] by Layout
//	Outputs: y: the type of x, [N, H*B, W*B, C] or [N, C, H*B, W*B]
//
//	C1: BlockSize is in [2, 2^24]
//	C2: x has rank 4; the square of BlockSize divides the channels
//
// It is nGraph's op::v0::DepthToSpace (blocks first) and TensorFlow's DepthToSpace.
type DepthToSpace struct {
	Layout    geometry.Layout `json:"layout"`
	BlockSize int             `json:"block_size"`
}

// Infer checks C1 and C2.
func (op *SpaceToDepth) Infer(in []core.Operand) ([]core.Fact, error) {
	s, err := blockInput(in, op.Layout, op.BlockSize)
	if err != nil || !s.Ranked() {
		return unranked(in), err
	}
	out, b := s.Clone(), op.BlockSize
	first := op.Layout.SpatialAxis()
	for i := first; i < first+2; i++ {
		if s[i] == core.Unknown {
			continue
		}
		if s[i]%b != 0 {
			return nil, core.Violation("C2", 0, "got shape %v, want a height and width that %d divides", s, b)
		}
		out[i] = s[i] / b
	}
	if c := op.Layout.ChannelAxis(4); s[c] != core.Unknown {
		n, err := core.Shape{s[c], b, b}.Elements()
		if err != nil {
			return nil, core.Violation("C2", 0, "%v", err)
		}
		out[c] = n
	}
	return []core.Fact{{Type: in[0].Type, Shape: out}}, nil
}

// Infer checks C1 and C2.
func (op *DepthToSpace) Infer(in []core.Operand) ([]core.Fact, error) {
	s, err := blockInput(in, op.Layout, op.BlockSize)
	if err != nil || !s.Ranked() {
		return unranked(in), err
	}
	out, b := s.Clone(), op.BlockSize
	if c := op.Layout.ChannelAxis(4); s[c] != core.Unknown {
		if s[c]%(b*b) != 0 {
			return nil, core.Violation("C2", 0, "got shape %v, want channels that %d divides", s, b*b)
		}
		out[c] = s[c] / (b * b)
	}
	first := op.Layout.SpatialAxis()
	for i := first; i < first+2; i++ {
		if s[i] == core.Unknown {
			continue
		}
		n, err := core.Shape{s[i], b}.Elements()
		if err != nil {
			return nil, core.Violation("C2", 0, "%v", err)
		}
		out[i] = n
	}
	out, err = infer.CheckedShape(out)
	return []core.Fact{{Type: in[0].Type, Shape: out}}, err
}

// unranked has the type of input 0, if there is one, and an unknown shape.
func unranked(in []core.Operand) []core.Fact {
	if len(in) == 0 {
		return nil
	}
	return []core.Fact{{Type: in[0].Type}}
}

// blockInput checks C1 and the rank, and returns the shape of x.
func blockInput(in []core.Operand, l geometry.Layout, block int) (core.Shape, error) {
	if err := core.WantInputs(in, 1); err != nil {
		return nil, err
	}
	if !l.Valid() || block < 2 || block > geometry.MaxWindow {
		return nil, core.Violation("C1", -1, "block size: got %d in layout %v, want in [2, %d]", block, l, geometry.MaxWindow)
	}
	s := in[0].Shape
	if s.Ranked() && len(s) != 4 {
		return nil, core.Violation("C2", 0, "got shape %v, want rank 4", s)
	}
	return s, nil
}

// Permutation splits height and width into blocks, and moves the positions within a block in front of the
// channels.
func (op *SpaceToDepth) Permutation(x core.Shape) (core.Shape, []int, error) {
	h, b := op.Layout.SpatialAxis(), op.BlockSize
	rows, columns := x[h]/b, x[h+1]/b
	if op.Layout == geometry.NCHW {
		return core.Shape{x[0], x[1], rows, b, columns, b}, []int{0, 3, 5, 1, 2, 4}, nil
	}
	return core.Shape{x[0], rows, b, columns, b, x[3]}, []int{0, 1, 3, 2, 4, 5}, nil
}

// Eval copies.
func (op *SpaceToDepth) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	return permute(op, in[0], out[0])
}

// ChannelLayout returns Layout.
func (op *SpaceToDepth) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *SpaceToDepth) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *SpaceToDepth) LayoutRoles(in []core.Fact) []trait.LayoutRole { return trait.DataRoles(in) }

// Permutation splits the channels, and moves the positions within a block behind height and width.
func (op *DepthToSpace) Permutation(x core.Shape) (core.Shape, []int, error) {
	h, b := op.Layout.SpatialAxis(), op.BlockSize
	channels := x[op.Layout.ChannelAxis(4)] / (b * b)
	if op.Layout == geometry.NCHW {
		return core.Shape{x[0], b, b, channels, x[h], x[h+1]}, []int{0, 3, 4, 1, 5, 2}, nil
	}
	return core.Shape{x[0], x[h], x[h+1], b, b, channels}, []int{0, 1, 3, 2, 4, 5}, nil
}

// Eval copies.
func (op *DepthToSpace) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	return permute(op, in[0], out[0])
}

// ChannelLayout returns Layout.
func (op *DepthToSpace) ChannelLayout() geometry.Layout { return op.Layout }

// WithLayout returns the op with another Layout.
func (op *DepthToSpace) WithLayout(l geometry.Layout) core.Op {
	c := *op
	c.Layout = l
	return &c
}

// LayoutRoles says that the first input is data.
func (op *DepthToSpace) LayoutRoles(in []core.Fact) []trait.LayoutRole { return trait.DataRoles(in) }
