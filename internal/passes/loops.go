package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/control"
)

// loop returns the Loop of the call; false if the op is not a Loop.
func (c *calling) loop() (*control.Loop, bool) {
	l, ok := c.op.(*control.Loop)
	return l, ok
}

// dropVariables drops the variables that are needed by neither the condition, nor a reader of the loop, nor another
// variable.
func (c *calling) dropVariables() (bool, error) {
	l, ok := c.loop()
	if !ok {
		return false, nil
	}
	needed := make([]bool, l.Variables())
	for _, out := range c.outputs {
		if out.at >= 0 && out.read {
			needed[out.at] = true
		}
	}
	reads := func(f *core.Function, results ...*core.Node) bool {
		more := false
		g := &core.Function{Results: results}
		nodes := g.Nodes()
		for v, p := range f.Parameters[:len(needed)] {
			if !needed[v] && slices.Contains(nodes, p) {
				needed[v], more = true, true
			}
		}
		return more
	}
	reads(l.Condition, l.Condition.Results...)
	for more := true; more; {
		more = false
		for v := range needed {
			if needed[v] {
				more = reads(l.Body, l.ResultsOf(v)...) || more
			}
		}
	}
	drop := map[int]bool{}
	for v, n := range needed {
		if !n {
			drop[v] = true
		}
	}
	return c.withoutVariables(drop, nil)
}

// captureUnchanged turns variables that the body passes on unchanged into captures.
func (c *calling) captureUnchanged() (bool, error) {
	l, ok := c.loop()
	if !ok {
		return false, nil
	}
	drop := map[int]bool{}
	var captures []int
	for v := range l.Variables() {
		if slices.Contains(l.Lists, v) || slices.Contains(l.Rows, v) {
			continue
		}
		if l.ResultsOf(v)[0].Inputs()[0] == l.Body.Parameters[v].Out(0) {
			drop[v] = true
			captures = append(captures, v)
		}
	}
	return c.withoutVariables(drop, captures)
}

// withoutVariables drops variables of the loop; those listed in captures become captures.
func (c *calling) withoutVariables(drop map[int]bool, captures []int) (bool, error) {
	if len(drop) == 0 {
		return false, nil
	}
	l, _ := c.loop()
	var order []int // the parameters that stay
	var lists, rows []int
	var results []core.Value
	at := make([]int, l.Variables()) // the new number of each variable
	for v := range l.Variables() {
		if at[v] = -1; drop[v] {
			continue
		}
		at[v] = len(order)
		if slices.Contains(l.Lists, v) {
			lists = append(lists, at[v])
		}
		if slices.Contains(l.Rows, v) {
			rows = append(rows, at[v])
		}
		for _, r := range l.ResultsOf(v) {
			results = append(results, r.Inputs()[0])
		}
		order = append(order, v)
	}
	for i := l.Variables(); i < len(c.inputs); i++ {
		order = append(order, i)
	}
	order = append(order, captures...)
	body, err := withBoundary(l.Body, picked(l.Body.Parameters, order), results)
	if err != nil {
		return false, err
	}
	condition := *l.Condition
	condition.Parameters = picked(l.Condition.Parameters, order)
	for i, out := range c.outputs {
		if out.at < 0 {
			continue
		}
		if c.outputs[i].at = at[out.at]; drop[out.at] {
			c.outputs[i].value = c.inputs[out.at]
		}
	}
	c.inputs = picked(c.inputs, order)
	c.op = &control.Loop{Condition: &condition, Body: body, Lists: lists, Rows: rows}
	return true, nil
}

func picked[T any](all []T, order []int) []T {
	list := make([]T, len(order))
	for i, k := range order {
		list[i] = all[k]
	}
	return list
}

// setRows lets the loop itself set a row of a variable, in place, if that is the last thing the body does with it.
func (c *calling) setRows() (bool, error) {
	l, ok := c.loop()
	if !ok {
		return false, nil
	}
	users := l.Body.Users()
	rows := slices.Clone(l.Rows)
	var results []core.Value
	for v := range l.Variables() {
		own := l.ResultsOf(v)
		if at, row, ok := rowSet(l, v, own[0], users); ok {
			rows = append(rows, v)
			results = append(results, at, row)
			continue
		}
		for _, r := range own {
			results = append(results, r.Inputs()[0])
		}
	}
	if len(rows) == len(l.Rows) {
		return false, nil
	}
	slices.Sort(rows)
	body, err := withBoundary(l.Body, l.Body.Parameters, results)
	if err != nil {
		return false, err
	}
	c.op = &control.Loop{Condition: l.Condition, Body: body, Lists: l.Lists, Rows: rows}
	return true, nil
}

// rowSet returns the number of the row, and the row, that the body of a loop sets in a variable as its last step.
func rowSet(l *control.Loop, v int, r *core.Node, users map[core.Value][]*core.Node) (at, row core.Value, ok bool) {
	x := r.Inputs()[0]
	set, is := x.Node.Op().(*control.SetRow)
	if !is || set.Grows || slices.Contains(l.Rows, v) || len(users[x]) != 1 {
		return at, row, false
	}
	in := x.Node.Inputs()
	return in[1], in[2], in[0] == l.Body.Parameters[v].Out(0)
}
