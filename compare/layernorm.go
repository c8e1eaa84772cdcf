package compare

import (
	"encoding/binary"
	"math"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
)

// remappedEpsilon is the epsilon of the op into which TensorFlow's remapper fuses the ops of a LayerNorm.
const remappedEpsilon = 0.001

// LayerNorm identifies a LayerNorm by the node of its reciprocal standard deviation.
type LayerNorm struct {
	Node    string // Rsqrt(Mean(SquaredDifference(x, mean)) + epsilon)
	Epsilon float32
}

// RemappedLayerNorms returns the LayerNorms of the graph whose epsilon TensorFlow's remapper changes. The
// remapper, which is on in a default session, fuses their ops into one whose epsilon is always 0.001.
func (p *Plan) RemappedLayerNorms() []LayerNorm {
	if p.graph == nil {
		return nil
	}
	var found []LayerNorm
	for i := range p.nodes {
		root := &p.nodes[i]
		if root.op != "Rsqrt" {
			continue
		}
		sum := p.reads(root.name, "Add", "AddV2")
		if sum == nil {
			continue
		}
		variance := p.reads(sum.Name, "Mean")
		if variance == nil || p.reads(variance.Name, "SquaredDifference") == nil {
			continue
		}
		if epsilon, ok := p.number(sum); ok && epsilon != remappedEpsilon {
			found = append(found, LayerNorm{root.name, epsilon})
		}
	}
	return found
}

// reads returns the first input node whose op is one of ops; nil if there is none.
func (p *Plan) reads(node string, ops ...string) *graphdef.Node {
	n, ok := p.graph.Lookup(node)
	if !ok {
		return nil
	}
	for _, in := range n.DataInputs() {
		producer, ok := p.graph.Lookup(in.Node)
		for _, op := range ops {
			if ok && producer.Op == op {
				return producer
			}
		}
	}
	return nil
}

// number returns the single float32 constant among a node's inputs.
func (p *Plan) number(n *graphdef.Node) (float32, bool) {
	for _, in := range n.DataInputs() {
		c, ok := p.graph.Lookup(in.Node)
		if !ok || !c.Has("value") {
			continue
		}
		t, err := c.Tensor("value")
		if err != nil || t.Type != graphdef.Float || t.Elements() != 1 {
			continue
		}
		if b, err := t.Bytes(); err == nil {
			return math.Float32frombits(binary.LittleEndian.Uint32(b)), true
		}
	}
	return 0, false
}
