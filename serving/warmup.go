package serving

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tf2ng/tf2ng"
)

// maxWarmupBytes bounds the size of an input of zeros.
const maxWarmupBytes = 256 << 20

// warm answers the warm-up requests of a version. If there are none, it runs each signature on zeros,
// once for each allowed batch size. It reports its progress by calling done, counting the opening of the
// version as the first step, which is complete.
func (m *Manager) warm(ctx context.Context, c ModelConfig, s *Servable, done func(steps, total int)) error {
	for i, r := range s.Warmup {
		done(1+i, 1+len(s.Warmup))
		name := r.Signature
		if name == "" {
			name = DefaultSignature
		}
		sig := s.Signatures[name]
		if sig == nil {
			return fmt.Errorf("request %d: the model has no signature %q", i, name)
		}
		in, err := sig.check(r.Inputs, r.Outputs)
		if err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		if _, err := m.run(ctx, c.Name, sig, in); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
	}
	if len(s.Warmup) > 0 {
		return nil
	}
	sizes := []int{1}
	if b := m.batching(c, s); b != nil && len(b.AllowedBatchSizes) > 0 {
		sizes = b.AllowedBatchSizes
	}
	for i, name := range slices.Sorted(maps.Keys(s.Signatures)) {
		for j, rows := range sizes {
			done(1+i*len(sizes)+j, 1+len(s.Signatures)*len(sizes))
			m.warmZeros(ctx, c.Name, name, s.Signatures[name], rows)
		}
	}
	return ctx.Err()
}

// warmZeros runs a signature on zeros, if at most the first dimension of each input is unknown. An error
// is only logged for debugging, since zeros may not be valid inputs for a model.
func (m *Manager) warmZeros(ctx context.Context, model, name string, s *Signature, rows int) {
	in := map[string]*tf2ng.Tensor{}
	for _, p := range s.Inputs {
		if !p.Shape.Ranked() || p.Type == tf2ng.String || p.Type == tf2ng.Dynamic {
			return
		}
		shape := p.Shape.Clone()
		if len(shape) > 0 && shape[0] == tf2ng.Unknown {
			shape[0] = rows
		}
		if n, err := shape.Elements(); err != nil || !shape.Static() || n > maxWarmupBytes/p.Type.Size() {
			return
		}
		t, err := tf2ng.NewTensor(p.Type, shape)
		if err != nil {
			return
		}
		in[p.Alias] = t
	}
	if _, err := m.run(ctx, model, s, in); err != nil {
		m.options.Log.Debug("warm-up on zeros failed", "model", model, "signature", name, "rows", rows, "error", err)
	}
}

// batching returns the batching parameters for a version: its own, else the model's, else those of
// Options; nil if requests are not batched.
func (m *Manager) batching(c ModelConfig, s *Servable) *Batching {
	switch {
	case s.Batching != nil:
		return s.Batching
	case c.Batching != nil:
		return c.Batching
	}
	return m.options.Batching
}
