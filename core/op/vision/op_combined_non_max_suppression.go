package vision

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[CombinedNonMaxSuppression]("CombinedNonMaxSuppression")

// CombinedNonMaxSuppression selects boxes for each class of each image, as NonMaxSuppression does without soft
// suppression, and keeps those with the highest scores over all classes. Boxes with equal scores have the order that
// TensorFlow's heap and sort give them. As in TensorFlow, places that a class does not fill have the score and the
// class -1, and come before boxes with lower scores.
//
//	Inputs:  boxes: f32, [batch, n, 1 or classes, 4]
//	         scores: f32, [batch, n, classes]
//	         max_per_class, max_total: i32, []
//	         iou_threshold, score_threshold: f32, []
//	Outputs: boxes: f32, [batch, kept, 4], limited to [0, 1] with ClipBoxes
//	         scores, classes: f32, [batch, kept]
//	         valid: i32, [batch]: the number of boxes kept; the remaining places are 0
//
// kept is max_total, or with PadPerClass at most max_per_class * classes.
//
//	C1: boxes and scores are f32 of these shapes
//	C2: max_per_class and max_total are i32 of shape [], in [1, 2^24]
//	C3: the thresholds are real of shape []; iou_threshold is in [0, 1]
//
// It is TensorFlow's CombinedNonMaxSuppression.
type CombinedNonMaxSuppression struct {
	PadPerClass bool `json:"pad_per_class,omitempty"`
	ClipBoxes   bool `json:"clip_boxes,omitempty"`
}

// InputNames names the inputs.
func (op *CombinedNonMaxSuppression) InputNames() []string {
	return []string{"boxes", "scores", "max_per_class", "max_total", "iou_threshold", "score_threshold"}
}

// Infer checks C1 to C3.
func (op *CombinedNonMaxSuppression) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 6); err != nil {
		return nil, err
	}
	b, ok := in[0].Shape.Merge(core.Shape{core.Unknown, core.Unknown, core.Unknown, 4})
	if !ok || !in[0].Type.Compatible(core.F32) {
		return nil, core.Violation("C1", 0, "got %v, want f32[batch,n,1 or classes,4]", in[0].Fact)
	}
	s, ok := in[1].Shape.Merge(core.Shape{b[0], b[1], core.Unknown})
	if !ok || !in[1].Type.Compatible(core.F32) || b[2] != 1 && b[2] != core.Unknown && s[2] != core.Unknown &&
		b[2] != s[2] {
		return nil, core.Violation("C1", 1, "got %v for boxes of shape %v, want f32[batch,n,classes]", in[1].Fact, b)
	}
	most := [2]int{core.Unknown, core.Unknown}
	for i := range most {
		o := in[2+i]
		if !o.Type.Compatible(core.I32) || !o.Shape.Compatible(core.Shape{}) {
			return nil, core.Violation("C2", 2+i, "got %v, want i32[]", o.Fact)
		}
		if v, known := infer.IntsOf(o); known {
			if v[0] < 1 || v[0] > geometry.MaxWindow {
				return nil, core.Violation("C2", 2+i, "got %d, want in [1, %d]", v[0], geometry.MaxWindow)
			}
			most[i] = int(v[0])
		}
	}
	if err := checkThresholds(in, 4); err != nil {
		return nil, err
	}
	kept := most[1]
	if op.PadPerClass {
		if kept = core.Unknown; most[0] != core.Unknown && most[1] != core.Unknown && s[2] != core.Unknown {
			n, err := core.Shape{most[0], s[2]}.Elements()
			if err != nil {
				return nil, core.Violation("C2", 2, "%v", err)
			}
			kept = min(most[1], n)
		}
	}
	out, err := infer.CheckedShape(core.Shape{s[0], kept, 4})
	return []core.Fact{
		{Type: core.F32, Shape: out},
		{Type: core.F32, Shape: core.Shape{s[0], kept}},
		{Type: core.F32, Shape: core.Shape{s[0], kept}},
		{Type: core.I32, Shape: core.Shape{s[0]}},
	}, err
}

// Eval selects image by image.
func (op *CombinedNonMaxSuppression) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	for _, t := range out {
		clear(t.Bytes())
	}
	n, q, classes := in[0].Shape()[1], in[0].Shape()[2], in[1].Shape()[2]
	perClass, limit, scoreLimit := int(in[2].Int64s()[0]), in[4].Float32s()[0], in[5].Float32s()[0]
	kept := out[1].Shape()[1]
	boxes, scores := core.Data[float32](in[0]), core.Data[float32](in[1])
	above := make([]binaryHeap, classes) // the scores of each class above the threshold, pushed in order
	var all []ranked                     // by descending scores; at -1 is a place that a class does not fill
	var s suppressor
	for image := range in[0].Shape()[0] {
		for class := range above {
			above[class] = above[class][:0]
		}
		for i := range n {
			for class, score := range scores[(image*n+i)*classes:][:classes] {
				if score > scoreLimit {
					above[class].push(ranked{keyOf(score), i*classes + class})
				}
			}
		}
		all = all[:0]
		count := 0
		for class := range above {
			selected := s.suppress(&above[class], perClass, limit, func(at int) []float32 {
				return boxes[((image*n+at/classes)*q+min(class, q-1))*4:][:4]
			})
			count += len(selected)
			for _, c := range selected {
				all = append(all, ranked{^c.key, c.at})
			}
			for range min(perClass, n) - len(selected) {
				all = append(all, ranked{^keyOf(-1), -1})
			}
		}
		introsort(all)
		all = all[:min(kept, count)]
		for i, c := range all {
			at := image*kept + i
			if c.at < 0 {
				core.Data[float32](out[1])[at], core.Data[float32](out[2])[at] = -1, -1
				continue
			}
			box, class := c.at/classes, c.at%classes
			core.Data[float32](out[1])[at] = scores[image*n*classes+c.at]
			core.Data[float32](out[2])[at] = float32(class)
			from := ((image*n+box)*q + min(class, q-1)) * 4
			for k, v := range boxes[from : from+4] {
				if op.ClipBoxes {
					v = min(max(v, 0), 1)
				}
				core.Data[float32](out[0])[at*4+k] = v
			}
		}
		core.Data[int32](out[3])[image] = int32(min(len(all), math.MaxInt32))
	}
	return nil
}

// suppressor holds the boxes that are selected, with their extents.
type suppressor struct {
	picked  []ranked
	extents []extent
}

// suppress selects at most the given number of boxes of a class from the candidates. Among equal scores, the box
// that the heap returns first wins. The result is valid until the next call.
func (s *suppressor) suppress(q *binaryHeap, most int, limit float32, box func(at int) []float32) []ranked {
	s.picked, s.extents = s.picked[:0], s.extents[:0]
	for len(s.picked) < most && len(*q) > 0 {
		c := q.pop()
		e := extentOf(box(c.at))
		if !s.covers(e, limit) {
			s.picked, s.extents = append(s.picked, c), append(s.extents, e)
		}
	}
	return s.picked
}

// covers reports whether a box overlaps with one that is selected by more than the limit, which is at least 0.
func (s *suppressor) covers(e extent, limit float32) bool {
	for i := range s.extents {
		p := &s.extents[i]
		apart := p.left >= e.right || e.left >= p.right || p.top >= e.bottom || e.top >= p.bottom
		if !apart && e.overlap(*p) > limit {
			return true
		}
	}
	return false
}
