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
	var steps []StepTime
	var times [][]time.Duration // of each step
	for run := range runs {
		measured, err := p.machine.Profile(ctx, c.in)
		if err != nil {
			return nil, err
		}
		if run == 0 {
			times = make([][]time.Duration, len(measured))
			for _, s := range measured {
				steps = append(steps, StepTime{StepInfo: infoOf(s.Step)})
			}
		}
		for i, s := range measured {
			times[i] = append(times[i], s.Time)
		}
	}
	for i := range steps {
		slices.Sort(times[i])
		steps[i].Time = times[i][len(times[i])/2]
	}
	slices.SortStableFunc(steps, func(a, b StepTime) int { return cmp.Compare(b.Time, a.Time) })
	return steps, nil
}
