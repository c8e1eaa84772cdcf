package kernels

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// StepTime is the time of one step.
type StepTime struct {
	StepInfo
	Time time.Duration // the median of the runs, on one thread
}

// Profile runs the Program the given number of times on one thread and returns the time of each step,
// the slowest first.
func (p *Program) Profile(ctx context.Context, inputs map[string]*core.Tensor, runs int) (_ []StepTime, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = core.Recovered(nil, v)
		}
	}()
	if !p.guard.enter() {
		return nil, ErrClosed
	}
	defer p.guard.leave()
	c := newCall(p.ports)
	if err := p.ports.bind(c, inputs, nil); err != nil {
		return nil, err
	}
	infos := p.Steps()
	times := make([][]time.Duration, len(infos))
	for range runs {
		if err := p.machine.Profile(ctx, c.in, times); err != nil {
			return nil, err
		}
	}
	steps := make([]StepTime, len(infos))
	for i, s := range infos {
		slices.Sort(times[i])
		if steps[i] = (StepTime{StepInfo: s}); runs > 0 {
			steps[i].Time = times[i][len(times[i])/2]
		}
	}
	slices.SortStableFunc(steps, func(a, b StepTime) int { return cmp.Compare(b.Time, a.Time) })
	return steps, nil
}
