package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// maxFailures is how many calls of a Runner may fail before it is no longer asked for smaller parts.
const maxFailures = 40

// BehindError reports a tensor that depends on a node for which a Runner gave no result.
type BehindError struct{ Node string }

// Error names the node.
func (e *BehindError) Error() string {
	return fmt.Sprintf("needs node %q, which gives no result", e.Node)
}

// fetch has a Runner compute tensors, which are in the order of a Plan. If a call fails, the list is split
// in half and each half is fetched separately, so that failed ends up with just the tensors that the Runner
// cannot compute.
type fetch struct {
	plan   *Plan
	runner Runner
	feeds  Tensors
	step   func(done int) // called with the number of tensors that were computed or have failed

	values   Tensors
	failed   map[string]error
	broken   map[string]bool // nodes that fail by themselves
	failures int
}

func (f *fetch) run(ctx context.Context, tensors []string) error {
	f.values, f.failed, f.broken = Tensors{}, map[string]error{}, map[string]bool{}
	summands := f.plan.summands()
	var together, apart []string
	for _, t := range tensors {
		if summands[t] {
			apart = append(apart, t)
		} else {
			together = append(together, t)
		}
	}
	if err := f.some(ctx, together); err != nil {
		return err
	}
	for _, t := range apart {
		if err := f.some(ctx, []string{t}); err != nil {
			return err
		}
	}
	return nil
}

// some fetches some of the tensors. An error that it returns ends the comparison; others are kept in failed.
func (f *fetch) some(ctx context.Context, tensors []string) error {
	tensors = f.possible(tensors)
	if len(tensors) == 0 {
		return nil
	}
	got, err := f.runner.Run(ctx, f.feeds, tensors)
	if err == nil {
		maps.Copy(f.values, got)
		f.told()
		return nil
	}
	if ends(ctx, err) {
		return err
	}
	if f.failures++; len(tensors) == 1 || f.failures >= maxFailures {
		for _, t := range tensors {
			f.failed[t] = err
		}
		if len(tensors) == 1 {
			f.broken[NodeOf(tensors[0])] = true
		}
		f.told()
		return nil
	}
	half := len(tensors) / 2
	if err := f.some(ctx, tensors[:half]); err != nil {
		return err
	}
	return f.some(ctx, tensors[half:])
}

// possible returns the tensors that do not depend on a broken node, and puts the others into failed.
func (f *fetch) possible(tensors []string) []string {
	if len(f.broken) == 0 {
		return tensors
	}
	behind := f.plan.behind(f.broken)
	return slices.DeleteFunc(slices.Clone(tensors), func(t string) bool {
		if !behind[NodeOf(t)] {
			return false
		}
		f.failed[t] = &BehindError{Node: f.culprit(t)}
		return true
	})
}

// culprit returns the first broken node that a tensor depends on.
func (f *fetch) culprit(tensor string) string {
	for _, n := range f.plan.nodes {
		if f.broken[n.name] && f.plan.behind(map[string]bool{n.name: true})[NodeOf(tensor)] {
			return n.name
		}
	}
	return NodeOf(tensor)
}

func (f *fetch) told() {
	if f.step != nil {
		f.step(len(f.values) + len(f.failed))
	}
}
