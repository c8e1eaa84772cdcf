package machine

import (
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/core"
)

// Segment is a part of a plan that is computed for one group of a batch's images after the other. It has its
// own plan, for the images of one group. The memory of that plan is a buffer of the plan around it, with
// one copy for each thread that computes whole groups.
type Segment struct {
	Plan    *Planned // for one group; its Runs allocate no memory
	Groups  int
	In, Out []Port // where the plan's parameters and results lie in the plan around it
	Memory  int    // the buffer of the plan's memory, see MemoryBytes
	States  int    // the number of the state that NewStates makes

	// Nodes gives, for each node of the plan, the one for the whole batch.
	Nodes map[*core.Node]*core.Node
}

// Port says where a parameter or result of a segment's plan lies in the plan around it.
type Port struct {
	Buffer int
	Step   int // bytes from one group's data to the next; 0 if all groups share the data
}

// copies returns how many copies of its memory a segment has.
func copies(groups, threads int) int {
	if groups < threads {
		return 1 // the threads share each group
	}
	return threads
}

// apart returns how many of the groups are each computed by a single thread. All threads share the rest.
func (s *Segment) apart(threads int) int {
	if s.Groups < threads {
		return 0
	}
	return s.Groups - s.Groups%threads
}

// MemoryBytes returns the size of Segment.Memory for a plan of one group.
func MemoryBytes(plan *Planned, groups, threads int) int {
	return copies(groups, threads) * plan.layout.Arena
}

// NewStates returns a function that makes the state of a segment: a Run of the plan for each copy of its
// memory.
func NewStates(plan *Planned, groups, threads int) func() any {
	return func() any {
		runs := make([]*Run, copies(groups, threads))
		for i := range runs {
			runs[i] = &Run{}
		}
		return runs
	}
}

// enter returns the Run of copy number at of the memory, prepared for one group.
func (s *Segment) enter(around *Run, at, group int) *Run {
	l, r := s.Plan.layout, s.run(around, at)
	if r.layout == nil {
		r.Arena = around.Mem[s.Memory][at*l.Arena:][:l.Arena:l.Arena]
		r.become(l)
	} else {
		for _, f := range l.OnArena { // other buffers have used the memory since
			f(r.Arena)
		}
	}
	r.ctx = around.ctx
	for i, b := range l.Buffers {
		switch {
		case b.Param >= 0:
			r.Mem[i] = s.In[b.Param].slice(around, group, b.Size)
		case b.Result >= 0:
			r.Mem[i] = s.Out[b.Result].slice(around, group, b.Size)
		}
	}
	return r
}

func (s *Segment) run(around *Run, at int) *Run { return around.State[s.States].([]*Run)[at] }

func (p Port) slice(r *Run, group, size int) []byte {
	return r.Mem[p.Buffer][group*p.Step:][:size:size]
}

// leave copies the results of a group that were not computed in their place in the plan around it, and drops
// the references to memory outside the segment.
func (s *Segment) leave(around, r *Run, group int) {
	l := s.Plan.layout
	for i, at := range l.Outputs {
		if b := l.Buffers[at]; b.Result != i {
			copy(s.Out[i].slice(around, group, b.Size), r.Mem[at])
		}
	}
	r.forget()
}

// compute computes part number part of the groups that are computed by a single thread each.
func (s *Segment) compute(w *Worker, part, parts int) error {
	around, thread := w.Run, w.Thread
	defer func() { w.Run, w.Thread = around, thread }()
	groups := s.apart(len(around.State[s.States].([]*Run)))
	for g := part * groups / parts; g < (part+1)*groups/parts; g++ {
		w.Run, w.Thread = s.enter(around, thread, g), 0
		for i := range s.Plan.code {
			if err := around.ctx.Err(); err != nil {
				return err
			}
			if err := w.do(&s.Plan.code[i], i, 0, 1); err != nil {
				return err
			}
		}
		s.leave(around, w.Run, g)
	}
	return nil
}

// measure computes all groups and sets the time of each step.
func (s *Segment) measure(w *Worker, steps []StepTime) error {
	around := w.Run
	defer func() { w.Run = around }()
	for g := range s.Groups {
		w.Run = s.enter(around, 0, g)
		for i := range s.Plan.code {
			if err := around.ctx.Err(); err != nil {
				return err
			}
			start := time.Now()
			if err := w.do(&s.Plan.code[i], i, 0, 1); err != nil {
				return err
			}
			steps[i].Time += time.Since(start)
		}
		s.leave(around, w.Run, g)
	}
	return nil
}

// steps lists the steps of the plan, each with its node and operations for the whole batch.
func (s *Segment) steps() []Step {
	steps := s.Plan.Steps()
	for i := range steps {
		steps[i].Operations *= int64(s.Groups)
		if n := s.Nodes[steps[i].Node]; n != nil {
			steps[i].Node = n
		}
	}
	return steps
}

// shared returns the stages of the groups that all threads share.
func (s *Segment) shared(threads int) (all []stage) {
	for g := s.apart(threads); g < s.Groups; g++ {
		of := slices.Clone(s.Plan.stages)
		if of[0].parts() > 1 {
			of = slices.Insert(of, 0, stage{first: 0, last: -1, shares: 1, blocks: 1})
		}
		if of[len(of)-1].parts() > 1 {
			end := len(s.Plan.code)
			of = append(of, stage{first: end, last: end - 1, shares: 1, blocks: 1})
		}
		for i := range of {
			of[i].segment, of[i].group, of[i].enters, of[i].leaves = s, g, i == 0, i == len(of)-1
		}
		all = append(all, of...)
	}
	return all
}
