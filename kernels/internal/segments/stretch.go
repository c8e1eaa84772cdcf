package segments

import (
	"slices"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/testmode"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

const (
	// cacheBytes is how many bytes of activations a core's second-level cache is assumed to hold.
	cacheBytes = 1 << 20
	// callShare gives the cost of beginning an instruction: as long as reading cacheBytes/callShare bytes from the
	// third-level cache.
	callShare = 32
)

// stretch is a run of consecutive nodes that could be computed for a group of images at a time.
type stretch struct {
	nodes   []*core.Node
	batched map[*core.Node][]bool // for each node: which inputs have the batch as their first axis
	roles   map[core.Value]bool   // for each value that is read or computed: whether the batch is its first axis
	batch   int                   // the number of images: it divides the first axis of every value that has the batch
	group   int                   // the number of images per group; it divides batch
	threads int                   // the number of threads, each of which computes its own groups
}

// shape returns the shape of one group of a value whose shape for the whole batch is given.
func (s *stretch) shape(whole core.Shape) core.Shape {
	of := whole.Clone()
	of[0] = whole[0] / s.batch * s.group
	return of
}

// stretchesOf finds the stretches of consecutive nodes for which groups pay, with the given number of threads.
func stretchesOf(nodes []*core.Node, threads int) (all []stretch) {
	run := stretch{threads: threads}
	end := func() {
		all = append(all, run.divide()...)
		run = stretch{threads: threads}
	}
	read := sync.OnceValue(func() map[core.Value]bool { return valuesRead(nodes) })
	for _, n := range nodes {
		if !n.IsComputed() {
			continue
		}
		batched := batchedInputs(n, read)
		if batched == nil || !run.takes(n, batched) {
			end()
		}
		if batched != nil {
			run.add(n, batched)
		}
	}
	end()
	return all
}

// takes reports whether a node may be part of the stretch: there must be no value of which one node reads one image at
// a time and another node reads all images, and the images must be several rows of the node, or its rows of an image.
func (s *stretch) takes(n *core.Node, batched []bool) bool {
	for i, v := range n.Inputs() {
		if role, known := s.roles[v]; known && role != batched[i] {
			return false
		}
	}
	images := imagesOf(n, batched)
	return len(s.nodes) == 0 || s.batch%images == 0 || images%s.batch == 0
}

func (s *stretch) add(n *core.Node, batched []bool) {
	images := imagesOf(n, batched)
	if len(s.nodes) == 0 {
		s.batch = images
		s.batched, s.roles = map[*core.Node][]bool{}, map[core.Value]bool{}
	}
	s.batch = min(s.batch, images)
	s.nodes, s.batched[n] = append(s.nodes, n), batched
	for i, v := range n.Inputs() {
		s.roles[v] = batched[i]
	}
	s.roles[n.Out(0)] = true
}

// imagesOf returns the largest number of images that a node can be computed for one after the other: a reshape may
// make several rows of one, or one of several.
func imagesOf(n *core.Node, batched []bool) int {
	images := n.Outputs()[0].Shape[0]
	for i, v := range n.Inputs() {
		if batched[i] {
			images = divisor(images, v.Shape()[0])
		}
	}
	return images
}

// divisor returns the greatest common divisor.
func divisor(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// valuesRead returns the values that nodes read.
func valuesRead(nodes []*core.Node) map[core.Value]bool {
	read := map[core.Value]bool{}
	for _, n := range nodes {
		for _, v := range n.Inputs() {
			read[v] = true
		}
	}
	return read
}

// batchedInputs says which inputs of a node have the batch as their first axis; nil if the node cannot be computed for
// some of the images.
func batchedInputs(n *core.Node, read func() map[core.Value]bool) []bool {
	static := func(f core.Fact) bool { return f.Static() && f.Type.Size() > 0 }
	out := n.Outputs()[0].Shape
	if !static(n.Outputs()[0]) || len(out) == 0 || out[0] < 2 || out.MustElements() == 0 {
		return nil
	}
	facts := core.FactsOf(n.Inputs())
	for _, f := range slices.Concat(facts, n.Outputs()) {
		if !static(f) {
			return nil
		}
	}
	for i := range n.Outputs()[1:] {
		if read()[n.Out(i+1)] {
			return nil
		}
	}
	batched := trait.BatchInputsOf(n.Op(), facts, out)
	if trait.Reshapes(n.Op()) && len(facts[0].Shape) > 0 {
		batched = trait.FirstInput(facts)
	}
	if batched == nil || imagesOf(n, batched) < 2 {
		return nil
	}
	for i, is := range batched {
		v := n.Inputs()[i]
		if is && v.Constant() != nil || batched[slices.Index(n.Inputs(), v)] != is {
			return nil
		}
	}
	return batched
}

// divide returns the parts of a stretch, of any length, for which it pays to take fewer images than the whole batch
// at a time. It minimizes the bytes read from the third-level cache (see nodeBytes) by dynamic programming: for each
// node and group size it finds the cheapest way to get there. The group size may change between two nodes.
// Elementwise ops alone are computed for the whole batch: they count for nothing, so any group size would do.
func (s *stretch) divide() (parts []stretch) {
	groups := s.sizes()
	if len(s.nodes) == 0 || len(groups) < 2 {
		return nil
	}
	crossing := s.crossing()
	best := make([]int, len(groups))    // for each group size, the least bytes up to the current node
	from := make([][]int, len(s.nodes)) // for each node and group size, the group size of the node before
	for i, n := range s.nodes {
		from[i] = make([]int, len(groups))
		cheapest := slices.Index(best, slices.Min(best))
		least := best[cheapest] + crossing[i]
		for k, g := range groups {
			if from[i][k] = k; i > 0 && crossing[i] >= 0 && least < best[k] {
				best[k], from[i][k] = least, cheapest
			}
			best[k] += s.nodeBytes(n, g)
		}
	}
	k, end := slices.Index(best, slices.Min(best)), len(s.nodes)
	for i := len(s.nodes) - 1; i >= 0; i-- {
		before := from[i][k]
		if i > 0 && before == k {
			continue
		}
		if groups[k] < s.batch && slices.ContainsFunc(s.nodes[i:end], isCounted) {
			part := *s
			part.nodes, part.group = s.nodes[i:end], groups[k]
			parts = append(parts, part)
		}
		end, k = i, before
	}
	return parts
}

// sizes lists the possible group sizes, in rising order: they divide the batch and give at least one group for each
// thread. The whole batch as one group is always among them.
func (s *stretch) sizes() []int {
	return slices.DeleteFunc(divisors(s.batch), func(g int) bool { return g < s.batch && s.batch/g < s.threads })
}

// divisors lists the divisors of a number, in rising order.
func divisors(n int) (all []int) {
	for i := 1; i*i <= n; i++ {
		if n%i == 0 {
			all = append(all, i)
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		if d := n / all[i]; d != all[i] {
			all = append(all, d)
		}
	}
	return all
}

// nodeBytes estimates how many bytes a thread reads from the third-level cache to compute a node for groups of g
// images: the weights once for each group; the activations, if those of a group do not fit into the second-level
// cache; and the data once for each panel of a product's columns, if the data alone does not fit.
func (s *stretch) nodeBytes(n *core.Node, g int) int {
	if isElementwise(n) || trait.Reshapes(n.Op()) {
		return 0
	}
	cache := testmode.CacheBytes(cacheBytes)
	data, others, weights := 0, sizeOf(n.Outputs()[0])/s.batch, cache/callShare
	for i, v := range n.Inputs() {
		switch bytes := sizeOf(v.Fact()); {
		case s.batched[n][i] && i == 0:
			data = bytes / s.batch
		case s.batched[n][i]:
			others += bytes / s.batch
		case v.Constant() != nil:
			weights += bytes
		}
	}
	images := (s.batch + s.threads - 1) / s.threads // images per thread
	at := min(g, images)                            // per thread at a time; the threads share a group of all images
	bytes := weights
	if at*(data+others) > cache {
		bytes += at * (data + others)
	}
	if at*data > cache {
		bytes += at * data * (panelsOf(n) - 1)
	}
	return bytes * images / at
}

// panelsOf returns how often a node's kernel reads its data.
func panelsOf(n *core.Node) int {
	const columns = 32
	op, ok := n.Op().(trait.Costed)
	if !ok {
		return 1
	}
	if p, ok := op.(trait.IntegerProduct); ok && p.GroupCount() > 1 {
		return 1
	}
	out := n.Outputs()[0].Shape
	return (out[len(out)-1] + columns - 1) / columns
}

func sizeOf(f core.Fact) int { return f.Shape.MustElements() * f.Type.Size() }

// isElementwise reports whether a node is likely to be part of the instruction of the node before it.
func isElementwise(n *core.Node) bool {
	_, flips := n.Op().(*pointwise.FlipSign)
	_, ok := match.Of(n)
	return flips || ok
}

func isCounted(n *core.Node) bool { return !isElementwise(n) && !trait.Reshapes(n.Op()) }

// crossing returns, for each node, the cost in bytes of changing the group size before it: the values that cross from
// one segment to the next are stored, read, and stored again in the memory of the next. It is -1 where the size must
// not change.
func (s *stretch) crossing() []int {
	const moves = 3
	at := map[*core.Node]int{}
	bytes := make([]int, len(s.nodes)+1)
	last := make([]int, len(s.nodes))
	for i, n := range s.nodes {
		at[n], last[i] = i, i
		for _, v := range n.Inputs() {
			if j, ok := at[v.Node]; ok {
				last[j] = i
			}
		}
	}
	for i, n := range s.nodes {
		for j := i + 1; j <= last[i]; j++ {
			bytes[j] += moves * sizeOf(n.Outputs()[0])
		}
	}
	for i, n := range s.nodes[1:] {
		reads := func(v core.Value) bool { return v.Node == s.nodes[i] }
		if isElementwise(n) && slices.ContainsFunc(n.Inputs(), reads) {
			bytes[i+1] = -1
		}
	}
	return bytes
}
