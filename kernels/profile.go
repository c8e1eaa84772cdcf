package kernels

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// StepTime is the time of one instruction.
type StepTime struct {
	StepInfo
	Time       time.Duration // the median of the runs, on one thread
	Operations int64         // multiplications and additions of a convolution or dot, else 0
}

// Profile runs the Program on one thread and returns the time of each instruction, the
// slowest first; what is computed after the plan is left out.
func (p *Program) Profile(ctx context.Context, inputs map[string]*core.Tensor, runs int) ([]StepTime, error) {
	if p.reference != nil {
		return nil, fmt.Errorf("the reference engine has no instructions to measure")
	}
	if p.tail != nil {
		return p.tail.plan.Profile(ctx, inputs, runs)
	}
	r := p.newRun()
	w := &worker{run: r}
	for i, b := range p.buffers {
		if b.param >= 0 {
			t, ok := inputs[p.params[b.param].Name]
			if !ok {
				return nil, fmt.Errorf("input %q: missing", p.params[b.param].Name)
			}
			r.mem[i] = t.Bytes()
		}
	}
	times := make([][]time.Duration, len(p.code))
	for range runs {
		for i := range p.code {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			start := time.Now()
			if err := p.code[i].run(w, 0, 1); err != nil {
				return nil, err
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	steps := make([]StepTime, len(p.code))
	for i, s := range p.Steps() {
		slices.Sort(times[i])
		steps[i] = StepTime{s, times[i][len(times[i])/2], operations(p.code[i].node, s.Kernel)}
	}
	slices.SortStableFunc(steps, func(a, b StepTime) int { return cmp.Compare(b.Time, a.Time) })
	return steps, nil
}

// Operations returns how many multiplications and additions the convolutions and dots
// of one Run do.
func (p *Program) Operations() (sum int64) {
	for i, s := range p.Steps() {
		sum += operations(p.code[i].node, s.Kernel)
	}
	return sum
}

// operations counts what a convolution or dot computes; what moves its data and finishes
// its accumulators counts nothing.
func operations(n *core.Node, kernel string) int64 {
	if !strings.HasPrefix(kernel, "gemm_") && !strings.HasPrefix(kernel, "depthwise_") && kernel != "reference" {
		return 0
	}
	out := int64(n.Outputs()[0].Shape.MustElements())
	perFilter := func(l core.Layout) int64 {
		w := n.Inputs()[1].Shape()
		channels := w[0]
		if l == core.NHWC {
			channels = w[len(w)-1]
		}
		return int64(w.MustElements() / channels)
	}
	switch op := n.Op().(type) {
	case *core.IntegerConvolution:
		return 2 * out * perFilter(op.Layout)
	case *core.Convolution:
		return 2 * out * perFilter(op.Layout)
	case *core.IntegerDot:
		return 2 * out * int64(core.Shape(n.Inputs()[1].Shape()[:op.ReductionAxes]).MustElements())
	case *core.BatchDot:
		a := n.Inputs()[0].Shape()
		k := a[len(a)-1]
		if op.TransposeA {
			k = a[len(a)-2]
		}
		return 2 * out * int64(k)
	case *core.Dot:
		return 2 * out * int64(core.Shape(n.Inputs()[1].Shape()[:op.ReductionAxes]).MustElements())
	}
	return 0
}
