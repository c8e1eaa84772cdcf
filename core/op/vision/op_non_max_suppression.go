package vision

import (
	"container/heap"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/internal/transcendental"
)

var _ = core.Register[NonMaxSuppression]("NonMaxSuppression")

// NonMaxSuppression selects boxes with high scores that overlap little. It repeatedly takes the box with the highest
// score (the first among equals) until max boxes are selected or none are left. The box is dropped if its overlap with
// a selected box is above the threshold. With soft suppression, its score is multiplied instead by
//
//	exp(-overlap^2 / (2 sigma))
//
// for each selected box, and it waits for its turn again. The overlap of two boxes is the area of their intersection
// divided by that of their union, in f32; 0 if one has no area.
//
//	Inputs:  boxes: a real type, [n, 4]: two opposite corners, (y1, x1) and (y2, x2)
//	         scores: the type of boxes, [n]
//	         max: i32, []: how many to select at most
//	         iou_threshold, score_threshold, sigma: reals, []; boxes whose score is not
//	         above score_threshold are never selected; sigma 0 is no soft suppression
//	Outputs: indices: i32, [selected], or [max] with Pad, filled with 0
//	         selected_scores: the type of scores, likewise
//	         selected: i32, []
//
//	C1: boxes are real of shape [n, 4], scores of their type and of shape [n]
//	C2: max is i32 of shape [], >= 0 and at most 2^24 with Pad
//	C3: the thresholds and sigma are real of shape []; iou_threshold in [0, 1], sigma >= 0
//
// It is TensorFlow's NonMaxSuppressionV2 to V5, and nGraph's op::v1::NonMaxSuppression of
// one batch and class.
type NonMaxSuppression struct {
	Pad bool `json:"pad,omitempty"`
}

// InputNames names the inputs.
func (op *NonMaxSuppression) InputNames() []string {
	return []string{"boxes", "scores", "max", "iou_threshold", "score_threshold", "sigma"}
}

// Infer checks C1 to C3.
func (op *NonMaxSuppression) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 6); err != nil {
		return nil, err
	}
	boxes, ok := in[0].Shape.Merge(core.Shape{core.Unknown, 4})
	if err := infer.WantReal("C1", in, 0); err != nil {
		return nil, err
	}
	if !ok || !in[1].Type.Compatible(in[0].Type) || !in[1].Shape.Compatible(boxes[:1]) {
		return nil, core.Violation("C1", 1, "got boxes %v and scores %v, want [n,4] and [n] of one real type",
			in[0].Fact, in[1].Fact)
	}
	if !in[2].Type.Compatible(core.I32) || !in[2].Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C2", 2, "got %v, want i32[]", in[2].Fact)
	}
	if err := checkThresholds(in, 3); err != nil {
		return nil, err
	}
	typ, n := max(in[0].Type, in[1].Type), core.Unknown
	if v, known := infer.IntsOf(in[2]); known {
		if v[0] < 0 || op.Pad && v[0] > geometry.MaxWindow {
			return nil, core.Violation("C2", 2, "got %d, want >= 0, and at most %d if padded", v[0], geometry.MaxWindow)
		}
		if op.Pad {
			n = int(v[0])
		}
	}
	return []core.Fact{
		{Type: core.I32, Shape: core.Shape{n}},
		{Type: typ, Shape: core.Shape{n}},
		{Type: core.I32, Shape: core.Shape{}},
	}, nil
}

// checkThresholds checks that the inputs from number first on are real scalars: the
// threshold of overlaps, that of scores, and maybe sigma.
func checkThresholds(in []core.Operand, first int) error {
	for i, o := range in[first:] {
		if o.Type != core.Dynamic && !o.Type.IsFloat() || !o.Shape.Compatible(core.Shape{}) {
			return core.Violation("C3", first+i, "got %v, want a real of shape []", o.Fact)
		}
		if o.Const == nil || o.Type == core.Dynamic {
			continue
		}
		v := o.Const.Float64s()[0]
		if i == 0 && !(v >= 0 && v <= 1) {
			return core.Violation("C3", first, "got %v, want in [0, 1]", v)
		}
		if i == 2 && !(v >= 0) {
			return core.Violation("C3", first+2, "got %v, want >= 0", v)
		}
	}
	return nil
}

// Eval selects.
func (op *NonMaxSuppression) Eval(in, out []*core.Tensor) error {
	if _, err := op.Infer(core.OperandsOf(in)); err != nil {
		return err
	}
	most := int(in[2].Int64s()[0])
	real := func(i int) float32 { return in[i].Float32s()[0] }
	picked := suppress(in[0].Float32s(), in[1].Float32s(), most, real(3), real(4), real(5))
	n := len(picked)
	if op.Pad {
		n = most
	}
	indices, scores := make([]int64, n), make([]float32, n)
	for i, c := range picked {
		indices[i], scores[i] = int64(c.box), c.score
	}
	for i, f := range []core.Fact{
		{Type: core.I32, Shape: core.Shape{n}},
		{Type: in[1].Type(), Shape: core.Shape{n}},
		{Type: core.I32, Shape: core.Shape{}},
	} {
		if err := elements.Ensure(out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	elements.SetInts(out[0], indices)
	elements.SetFloat32s(out[1], scores)
	elements.SetInts(out[2], []int64{int64(len(picked))})
	return nil
}

// candidate is a box that may be selected.
type candidate struct {
	box   int
	score float32
	seen  int // the number of selected boxes that the score already takes into account
}

// queue holds candidates, the one with the highest score first.
type queue []candidate

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].score > q[j].score || q[i].score == q[j].score && q[i].box < q[j].box
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for package heap.
func (q *queue) Push(c any) { *q = append(*q, c.(candidate)) }

// Pop is for package heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	c := (*q)[last]
	*q = (*q)[:last]
	return c
}

// suppress selects at most the given number of boxes.
func suppress(boxes, scores []float32, most int, overlapLimit, scoreLimit, sigma float32) []candidate {
	q := queue{}
	for i, s := range scores {
		if s > scoreLimit {
			q = append(q, candidate{i, s, 0})
		}
	}
	heap.Init(&q)
	var picked []candidate
	var extents []extent // of the picked boxes
	for len(picked) < most && len(q) > 0 {
		c := heap.Pop(&q).(candidate)
		before, own := c.score, extentOf(boxes[4*c.box:])
		drop := false
		for j := len(picked) - 1; j >= c.seen && !drop; j-- {
			o := own.overlap(extents[j])
			if sigma > 0 {
				c.score *= float32(transcendental.Exp(float64(float32(-0.5/sigma) * o * o)))
			} else {
				drop = o > overlapLimit
			}
			if c.score <= scoreLimit {
				break
			}
		}
		c.seen = len(picked)
		switch {
		case drop:
		case c.score == before:
			picked, extents = append(picked, c), append(extents, own)
		case c.score > scoreLimit:
			heap.Push(&q, c)
		}
	}
	return picked
}

// extent is a box from its top left to its bottom right corner.
type extent struct{ top, left, bottom, right, area float32 }

// extentOf returns the extent of a box given by any two opposite corners.
func extentOf(box []float32) extent {
	e := extent{
		top: min(box[0], box[2]), left: min(box[1], box[3]), bottom: max(box[0], box[2]), right: max(box[1], box[3]),
	}
	e.area = float32((e.bottom - e.top) * (e.right - e.left))
	return e
}

// overlap returns the area of the intersection of two boxes over that of their union.
func (e extent) overlap(f extent) float32 {
	if e.area <= 0 || f.area <= 0 {
		return 0
	}
	top, left := max(e.top, f.top), max(e.left, f.left)
	bottom, right := min(e.bottom, f.bottom), min(e.right, f.right)
	both := float32(max(bottom-top, 0) * max(right-left, 0))
	return both / (e.area + f.area - both)
}
