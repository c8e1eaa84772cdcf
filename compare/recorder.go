package compare

import (
	"context"
	"maps"
)

// Recorder is a Runner that passes calls on to another Runner and keeps the results. It is not safe for
// concurrent use.
type Recorder struct {
	Title  string
	Runner Runner

	feeds, results Tensors
}

// Inputs returns the inputs of the underlying Runner.
func (r *Recorder) Inputs() []Port { return r.Runner.Inputs() }

// Outputs returns the outputs of the underlying Runner.
func (r *Recorder) Outputs() []Port { return r.Runner.Outputs() }

// Tensors lists the tensors of the underlying Runner; nil if it is no Lister.
func (r *Recorder) Tensors() []string {
	if l, ok := r.Runner.(Lister); ok {
		return l.Tensors()
	}
	return nil
}

// TensorTypes returns the TensorFlow types of the underlying Runner's tensors; nil if it does not know them.
func (r *Recorder) TensorTypes() map[string]int32 {
	if t, ok := r.Runner.(typed); ok {
		return t.TensorTypes()
	}
	return nil
}

// Run runs the underlying Runner, and keeps the feeds and the results.
func (r *Recorder) Run(ctx context.Context, feeds Tensors, fetches []string) (Tensors, error) {
	got, err := r.Runner.Run(ctx, feeds, fetches)
	if err != nil {
		return nil, err
	}
	if r.results == nil {
		r.feeds, r.results = Tensors{}, Tensors{}
	}
	maps.Copy(r.feeds, feeds)
	for name, t := range got {
		r.results[FullName(name)] = t
	}
	return got, nil
}

// Recording returns what has been recorded so far.
func (r *Recorder) Recording() *Recorded {
	types := map[string]int32{}
	fed := map[string]bool{}
	for name := range r.feeds {
		fed[FullName(name)] = true
	}
	for name, t := range r.TensorTypes() {
		if r.results[name] != nil || fed[name] {
			types[name] = t
		}
	}
	return &Recorded{
		Title: r.Title, Feeds: r.feeds, Results: r.results, Ports: r.Runner.Outputs(), Types: types,
	}
}
