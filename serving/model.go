package serving

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// State is the state of a version, from when it is found until it is unloaded. The values are TensorFlow
// Serving's.
type State int

// The states.
const (
	StateStart     State = 10
	StateLoading   State = 20
	StateAvailable State = 30
	StateUnloading State = 40
	StateEnd       State = 50
)

// String returns TensorFlow Serving's name of the state, such as AVAILABLE.
func (s State) String() string {
	switch s {
	case StateStart:
		return "START"
	case StateLoading:
		return "LOADING"
	case StateAvailable:
		return "AVAILABLE"
	case StateUnloading:
		return "UNLOADING"
	case StateEnd:
		return "END"
	}
	return "UNKNOWN"
}

// VersionStatus is the state of a version, and why it could not be loaded.
type VersionStatus struct {
	Version int64
	State   State
	Err     error // why the version could not be loaded; nil if it could, or has not been tried
}

// endedKept is how many versions in StateEnd a model remembers, not counting those that failed to load.
const endedKept = 16

// model manages the versions of one model. Its goroutine, run, looks for versions, loads them and unloads
// them. A look is one pass of that: it lists the versions in the base path and acts on what changed.
type model struct {
	manager *Manager
	log     *slog.Logger
	cancel  context.CancelFunc
	done    chan struct{} // closed when run has returned
	kick    chan struct{} // receives a value when a look is wanted at once

	retiring sync.WaitGroup // versions that are unloaded as soon as their last request is answered

	mu        sync.RWMutex
	conf      ModelConfig
	versions  map[int64]*version
	serving   map[int64]*version // the elements of versions that are available
	seen      map[int64]string   // Version.State of all versions at the last look
	looks     int                // how many looks have ended
	lookedAt  chan struct{}      // closed, and replaced by a new one, when a look ends
	lookError error              // the result of the last look
}

// version is a version of a model. Only the model changes its fields, while it holds model.mu.
type version struct {
	Version
	model  *model
	state  State
	err    error
	tries  int
	next   time.Time // when loading may be tried again; zero after a failure: not again
	loaded *Servable
	batch  *batcher // nil if requests are not batched

	users sync.WaitGroup
}

func newModel(m *Manager, c ModelConfig) *model {
	ctx, cancel := context.WithCancel(context.Background())
	known := &model{
		manager: m, log: m.options.Log.With("model", c.Name), cancel: cancel, conf: c,
		done: make(chan struct{}), kick: make(chan struct{}, 1),
		versions: map[int64]*version{}, serving: map[int64]*version{}, lookedAt: make(chan struct{}),
	}
	go known.run(ctx)
	return known
}

func (m *model) config() ModelConfig {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.conf
}

// configure replaces a model's configuration by another one with the same name and base path, and asks
// for a look at once.
func (m *model) configure(c ModelConfig) {
	m.mu.Lock()
	m.conf = c
	m.mu.Unlock()
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// looked waits until a look that began after the call has ended, or the model's first look, and returns
// its error.
func (m *model) looked(ctx context.Context) error {
	m.mu.RLock()
	want := m.looks + 1
	if m.looks > 0 {
		want++ // the look that ends next may have begun before this call
	}
	m.mu.RUnlock()
	for {
		m.mu.RLock()
		looks, at, err := m.looks, m.lookedAt, m.lookError
		m.mu.RUnlock()
		if looks >= want {
			return err
		}
		if looks > 0 {
			m.configure(m.config())
		}
		select {
		case <-at:
		case <-ctx.Done():
			return stopped(ctx)
		case <-m.done:
			return fault.New(fault.ShuttingDown)
		}
	}
}

// run looks for versions until stop is called, and then unloads all of them.
func (m *model) run(ctx context.Context) {
	defer close(m.done)
	for ctx.Err() == nil {
		err := m.look(ctx)
		m.mu.Lock()
		m.lookError = err
		m.looks++
		close(m.lookedAt)
		m.lookedAt = make(chan struct{})
		m.mu.Unlock()
		m.wait(ctx)
	}
	m.retire(m.published(), "the model is not served any more")
	m.retiring.Wait()
}

// wait returns when the next look is due or the model is stopped.
func (m *model) wait(ctx context.Context) {
	var due <-chan time.Time
	pause := m.manager.options.Poll
	if pause < 0 {
		pause = m.untilRetry()
	}
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
	case <-m.kick:
	case <-due:
	}
}

// untilRetry returns the time until loading some version is to be retried; 0 if there is none to retry.
func (m *model) untilRetry() time.Duration {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var first time.Duration
	for _, v := range m.versions {
		if left := time.Until(v.next); v.state != StateAvailable && !v.next.IsZero() && (first == 0 || left < first) {
			first = max(left, time.Millisecond)
		}
	}
	return first
}

// look looks for versions once. It loads those that the policy selects. Once any of these serves, it unloads
// those that the policy does not select.
func (m *model) look(ctx context.Context) error {
	c := m.config()
	found, err := m.manager.options.Source.Versions(ctx, c.BasePath)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no versions of model %s found under base path %s: "+
			"is the directory of the version named by a number?", c.Name, c.BasePath)
	}
	if err != nil {
		m.report(err)
		return err
	}
	wanted := c.Policy.wanted(found)
	var errs []error
	for _, n := range c.Policy.Specific {
		if !slices.ContainsFunc(found, func(v Version) bool { return v.Number == n }) {
			errs = append(errs, fmt.Errorf("version %d of model %s, which the version policy wants, was not found", n,
				c.Name))
		}
	}
	for _, v := range wanted {
		if err := m.load(ctx, v); err != nil {
			errs = append(errs, err)
		}
	}
	m.retire(m.surplus(wanted), "the version policy does not want it any more")
	m.forget(found)
	m.remember(found)
	err = errors.Join(errs...)
	m.report(err)
	return err
}

// report logs the error of a look, unless the previous look had the same one.
func (m *model) report(err error) {
	m.mu.RLock()
	last := m.lookError
	m.mu.RUnlock()
	if err != nil && (last == nil || last.Error() != err.Error()) {
		m.log.Warn("not all versions serve", "error", err)
	}
}

// load loads a version that the policy selects, if loading it is due. The error says why the version does
// not serve.
func (m *model) load(ctx context.Context, found Version) error {
	v, now := m.due(found)
	if !now {
		m.mu.RLock()
		defer m.mu.RUnlock()
		return v.err
	}
	m.log.Info("loading", "version", v.Number, "path", v.Path)
	begin := time.Now()
	loaded, err := m.open(ctx, found, m.steps(found))
	took := time.Since(begin)
	m.manager.metrics.loaded(found.Path, took, err)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		err = fmt.Errorf("version %d of model %s cannot be loaded: %w", v.Number, m.conf.Name, err)
		v.state, v.err, v.next = StateEnd, err, time.Time{}
		if v.tries <= m.manager.options.Retries {
			v.next = time.Now().Add(m.manager.options.RetryInterval)
		}
		m.log.Error("not loaded", "version", v.Number, "try", v.tries, "error", err)
		return err
	}
	v.state, v.err, v.loaded = StateAvailable, nil, loaded
	v.batch = m.newBatcher(v)
	m.serving[v.Number] = v
	m.log.Info("serving", "version", v.Number, "seconds", took.Seconds())
	return nil
}

func (m *model) newBatcher(v *version) *batcher {
	parameters := m.manager.batching(m.conf, v.loaded)
	if parameters == nil {
		return nil
	}
	return newBatcher(m.manager, m.conf.Name, parameters.withDefaults(m.manager.options.Parallel))
}

// due returns the model's version for one that a look found, and whether it is to be loaded now.
func (m *model) due(found Version) (v *version, now bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v = m.versions[found.Number]
	switch {
	case v == nil || v.state == StateEnd && v.err == nil:
		v = &version{Version: found, model: m, state: StateStart}
		m.versions[found.Number] = v
		if len(m.serving) > 0 && m.looks > 0 && m.seen[found.Number] != found.State {
			return v, false // its files may still be being copied, and another version serves meanwhile
		}
	case v.state == StateAvailable:
		return v, false
	case v.State != found.State: // its files are still changing, or were repaired
		v.Version, v.tries, v.next = found, 0, time.Time{}
		return v, false
	case v.tries > 0 && (v.next.IsZero() || time.Now().Before(v.next)):
		return v, false
	}
	v.state, v.Version = StateLoading, found
	v.tries++
	return v, true
}

// steps returns a function that reports the progress of loading a version to Options.Progress.
func (m *model) steps(v Version) func(done, total int) {
	tell := m.manager.options.Progress
	if tell == nil {
		return func(int, int) {}
	}
	name := m.config().Name
	return func(done, total int) { tell(name, v.Number, done, total) }
}

// open loads a version and warms it up. A panic in either becomes an error.
func (m *model) open(ctx context.Context, v Version, done func(steps, total int)) (_ *Servable, err error) {
	done(0, 1)
	defer func() {
		done(1, 1)
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	s, err := m.manager.options.Source.Open(ctx, v)
	if err != nil {
		return nil, err
	}
	if len(s.Signatures) == 0 {
		return nil, errors.Join(errors.New("it has no signatures"), s.close())
	}
	if s.Batching != nil {
		if err := s.Batching.check(); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if m.manager.options.NoWarmup {
		return s, nil
	}
	begin := time.Now()
	err = m.manager.warm(ctx, m.config(), s, done)
	m.manager.metrics.warmed(v.Path, time.Since(begin), err)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("warm-up: %w", err), s.close())
	}
	return s, nil
}

func (s *Servable) close() error {
	if s.Close == nil {
		return nil
	}
	return s.Close()
}

// surplus returns the versions that serve although the policy does not select them. It returns none as
// long as no selected version serves.
func (m *model) surplus(wanted []Version) []*version {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []*version
	instead := false
	for _, v := range m.serving {
		if slices.ContainsFunc(wanted, func(w Version) bool { return w.Number == v.Number }) {
			instead = true
		} else {
			list = append(list, v)
		}
	}
	if !instead {
		return nil
	}
	return list
}

func (m *model) published() []*version {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var list []*version
	for _, v := range m.serving {
		list = append(list, v)
	}
	return list
}

// retire unloads versions, each when its last request has been answered.
func (m *model) retire(list []*version, why string) {
	m.mu.Lock()
	for _, v := range list {
		delete(m.serving, v.Number)
		v.state = StateUnloading
	}
	m.mu.Unlock()
	for _, v := range list {
		m.retiring.Go(func() { m.unload(v, why) })
	}
}

func (m *model) unload(v *version, why string) {
	v.users.Wait()
	if v.batch != nil {
		v.batch.close()
	}
	err := v.loaded.close()
	m.log.Info("unloaded", "version", v.Number, "because", why)
	if err != nil {
		m.log.Error("unloading failed", "version", v.Number, "error", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v.state, v.loaded, v.batch = StateEnd, nil, nil
}

// forget removes versions that never served and are gone from the base path, and of those that were
// unloaded all but the endedKept newest.
func (m *model) forget(found []Version) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ended []int64
	for n, v := range m.versions {
		there := slices.ContainsFunc(found, func(f Version) bool { return f.Number == n })
		switch {
		case !there && (v.state == StateStart || v.err != nil):
			delete(m.versions, n)
		case v.state == StateEnd && v.err == nil:
			ended = append(ended, n)
		}
	}
	slices.Sort(ended)
	for _, n := range ended[:max(0, len(ended)-endedKept)] {
		delete(m.versions, n)
	}
}

// remember records the contents of the versions that a look found.
func (m *model) remember(found []Version) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = make(map[int64]string, len(found))
	for _, v := range found {
		m.seen[v.Number] = v.State
	}
}

// stop unloads all versions and returns when they are gone.
func (m *model) stop() {
	m.cancel()
	<-m.done
}

func (m *model) ready() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.serving) > 0
}

func (m *model) available(n int64) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.serving[n] != nil
}

// acquire returns the version that a request selects by number or by label, or else the newest one that
// serves. It is not unloaded before release.
func (m *model) acquire(s Spec) (*version, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, specific := s.Version, s.HasVersion
	if !specific && s.Label != "" {
		if n, specific = m.conf.Labels[s.Label]; !specific {
			return nil, fault.New(fault.NoLabel, s.Label)
		}
	}
	if !specific {
		n = -1
		for number := range m.serving {
			n = max(n, number)
		}
	}
	v := m.serving[n]
	switch {
	case v == nil && specific:
		return nil, fault.New(fault.NoVersion, s.Model, n)
	case v == nil:
		return nil, fault.New(fault.NoModel, s.Model)
	}
	v.users.Add(1)
	return v, nil
}

func (v *version) release() { v.users.Done() }
