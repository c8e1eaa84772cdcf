package graphdef_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// graph makes nodes from "name <- input input ...", each with the name, or what stands before a "=" in it, as its op.
func graph(t *testing.T, lines ...string) *graphdef.Graph {
	var data []byte
	for _, line := range lines {
		name, inputs, _ := strings.Cut(line, " <-")
		op := "Op"
		if before, after, found := strings.Cut(name, "="); found {
			op, name = before, after
		}
		var fields [][]byte
		for _, s := range strings.Fields(inputs) {
			fields = append(fields, input(s))
		}
		data = append(data, node(name, op, fields...)...)
	}
	return parse(t, data)
}

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name    string
		lines   []string
		outputs []string
		want    string
	}{
		{"file order is kept", []string{"a", "b", "c <- a", "d <- b"}, nil, "a b c d"},
		{"reversed file", []string{"c <- b", "b <- a", "a"}, nil, "a b c"},
		{"diamond", []string{"d <- b c", "c <- a", "b <- a", "a"}, nil, "a b c d"},
		{"only what an output needs", []string{"a", "x", "b <- a", "y <- x", "c <- b"}, []string{"b"}, "a b"},
		{"several outputs, one twice", []string{"a", "b <- a", "c <- a", "d"}, []string{"c", "b", "c"}, "a b c"},
		{"other ports", []string{"b <- a:1 a", "a"}, nil, "a b"},
		{"control inputs order", []string{"b <- ^a", "a"}, nil, "a b"},
		{"control inputs bring nothing in", []string{"assert", "b <- a ^assert", "a"}, []string{"b"}, "a b"},
		{"control inputs order what is in", []string{"c <- b a", "b <- ^a", "a"}, []string{"c"}, "a b c"},
		{"cycle that is not needed", []string{"x <- y", "y <- x", "a"}, []string{"a"}, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sorted, err := graph(t, c.lines...).Order(c.outputs...)
			require.NoError(t, err)
			var names []string
			for _, n := range sorted {
				names = append(names, n.Name)
			}
			assert.Equal(t, c.want, strings.Join(names, " "))
		})
	}
}

func TestOrderErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		lines   []string
		outputs []string
		reason  error
		want    string
	}{
		{
			"M20 cycle of two",
			[]string{"a <- b", "b <- a"},
			nil,
			graphdef.ErrCycle,
			`node "a" (Op): is on a cycle, a -> b -> a`,
		},
		{
			"M20 cycle of three behind an output",
			[]string{"in", "Add=a <- in c", "b <- a", "c <- b", "out <- c"},
			[]string{"out"},
			graphdef.ErrCycle,
			`node "a" (Add): is on a cycle, a -> b -> c -> a`,
		},
		{
			"M20 cycle by a control input",
			[]string{"a <- ^b", "b <- a"},
			nil,
			graphdef.ErrCycle,
			`node "a" (Op): is on a cycle, a -> b -> a`,
		},
		{
			"M20 long cycle",
			[]string{"a <- h", "b <- a", "c <- b", "d <- c", "e <- d", "f <- e", "g <- f", "h <- g"},
			nil,
			graphdef.ErrCycle,
			`node "a" (Op): is on a cycle, a -> b -> c -> d -> ... -> a`,
		},
		{
			"while loop",
			[]string{"Enter=e", "Merge=m <- e n", "NextIteration=n <- m"},
			nil,
			graphdef.ErrCycle,
			`node "m" (Merge): is on a cycle, m -> n -> m: no while loop as TensorFlow writes them`,
		},
		{"unknown output", []string{"a"}, []string{"a", "x"}, graphdef.ErrNoNode, `no node "x" in the graph`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := graph(t, c.lines...).Order(c.outputs...)
			require.EqualError(t, err, c.want)
			assert.ErrorIs(t, err, c.reason)
		})
	}
}
