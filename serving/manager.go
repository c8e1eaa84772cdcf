package serving

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// Options are what a Manager works with. The zero value is fine.
type Options struct {
	Source   Source        // nil: a *Directories
	Poll     time.Duration // between two looks for versions; 0: one second; negative: one look only
	Batching *Batching     // of models that have none of their own; nil: requests are not batched

	Retries       int           // more tries to load a version that failed; 0: 5; negative: none
	RetryInterval time.Duration // between two of them; 0: a minute; negative: none

	Parallel    int   // Runs at once, of all models; 0: as many as Go may use CPUs
	MaxRequests int   // under way at once; one more is refused; 0: 10,000
	MaxBytes    int64 // of tensors and bodies of the requests under way; 0: 4 GiB

	NoWarmup bool // versions serve without having been run

	// CheckMethods refuses signatures of another method than the API's, as TensorFlow Serving's
	// --enable_signature_method_name_check does.
	CheckMethods bool

	// LabelsAnywhere lets labels name versions that are not available (yet).
	LabelsAnywhere bool

	Log *slog.Logger // nil: slog.Default()

	// Progress, if it is there, is told how far a version is that is being loaded: how many are done
	// of the steps, which are to open it and to warm it up. When it ends, in whatever way, all are.
	// It is called by many goroutines at once.
	Progress func(model string, version int64, done, total int)
}

func (o Options) withDefaults() Options {
	if o.Source == nil {
		o.Source = &Directories{}
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Retries == 0 {
		o.Retries = 5
	}
	if o.RetryInterval == 0 {
		o.RetryInterval = time.Minute
	}
	if o.Parallel < 1 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.MaxRequests == 0 {
		o.MaxRequests = 10_000
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 4 << 30
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// Manager keeps the versions of models and answers requests for them. Its methods may be called
// from any number of goroutines at once.
type Manager struct {
	options Options
	metrics *metrics
	budget  *budget
	slots   chan struct{} // one for each Run at once

	reload sync.Mutex // held by Reload and Close

	mu       sync.RWMutex
	models   map[string]*model
	closed   bool
	draining bool
}

// NewManager returns a Manager that serves nothing yet: see Reload.
func NewManager(o Options) *Manager {
	o = o.withDefaults()
	return &Manager{
		options: o,
		metrics: newMetrics(),
		budget:  &budget{maxRequests: o.MaxRequests, maxBytes: o.MaxBytes},
		slots:   make(chan struct{}, o.Parallel),
		models:  map[string]*model{},
	}
}

// Reload makes the Manager serve what the configuration says, and nothing else. It returns when
// each model has been looked for once: then its versions serve, or the error tells why they do not,
// while the Manager goes on trying. A model that was there stays available throughout, as long as
// its configuration allows. A configuration without meaning changes nothing.
func (m *Manager) Reload(ctx context.Context, c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	if m.options.Batching != nil {
		if err := m.options.Batching.check(); err != nil {
			return err
		}
	}
	m.reload.Lock()
	defer m.reload.Unlock()
	if err := m.checkLabels(c); err != nil {
		return err
	}
	started, gone, err := m.exchange(c)
	if err != nil {
		return err
	}
	for _, g := range gone {
		g.stop()
	}
	var errs []error
	for _, s := range started {
		if err := s.looked(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return m.checkNewLabels(c)
}

// exchange puts the models of a configuration in place of those that there are.
func (m *Manager) exchange(c Config) (started, gone []*model, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, nil, fault.New(fault.ShuttingDown)
	}
	next := map[string]*model{}
	for _, mc := range c.Models {
		known := m.models[mc.Name]
		if known == nil || known.config().BasePath != mc.BasePath {
			known = newModel(m, mc)
		} else {
			known.configure(mc)
		}
		next[mc.Name] = known
		started = append(started, known)
	}
	for name, old := range m.models {
		if next[name] != old {
			gone = append(gone, old)
		}
	}
	m.models = next
	return started, gone, nil
}

// checkLabels holds the labels of models that are there already against their versions, as
// TensorFlow Serving does.
func (m *Manager) checkLabels(c Config) error {
	for _, mc := range c.Models {
		known := m.model(mc.Name)
		if known == nil || known.config().BasePath != mc.BasePath {
			continue
		}
		if err := m.labels(known, mc); err != nil {
			return err
		}
	}
	return nil
}

// checkNewLabels is checkLabels for all models, after they were looked for.
func (m *Manager) checkNewLabels(c Config) error {
	for _, mc := range c.Models {
		if known := m.model(mc.Name); known != nil {
			if err := m.labels(known, mc); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Manager) labels(known *model, mc ModelConfig) error {
	old := known.config().Labels
	for _, label := range slices.Sorted(maps.Keys(mc.Labels)) {
		number := mc.Labels[label]
		if m.options.LabelsAnywhere || known.available(number) {
			continue
		}
		if kept, ok := old[label]; ok && kept == number && known.config().BasePath == mc.BasePath {
			continue
		}
		return fault.New(fault.LabelUnavailable, label, number, mc.Name)
	}
	return nil
}

// model returns a model by its name; nil if there is none.
func (m *Manager) model(name string) *model {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.models[name]
}

// Models lists the names of the models.
func (m *Manager) Models() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Sorted(maps.Keys(m.models))
}

// Ready reports whether every model has a version that serves, and there is one.
func (m *Manager) Ready() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, known := range m.models {
		if !known.ready() {
			return false
		}
	}
	return len(m.models) > 0 && !m.closed && !m.draining
}

// Drain makes Ready false, as before a Close, while requests are answered as ever.
func (m *Manager) Drain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.draining = true
}

// Close refuses further requests, waits for those under way, and unloads all versions.
func (m *Manager) Close() {
	m.reload.Lock()
	defer m.reload.Unlock()
	m.mu.Lock()
	m.closed = true
	gone := m.models
	m.models = map[string]*model{}
	m.mu.Unlock()
	var all sync.WaitGroup
	for _, g := range gone {
		all.Go(g.stop)
	}
	all.Wait()
}

// Spec names what a request is for.
type Spec struct {
	Model     string
	Version   int64  // if HasVersion
	Label     string // of a version; empty for none
	Signature string // empty for DefaultSignature

	HasVersion bool

	pinned *version // what Pin has found
}

// Pin returns a Spec of the version that a Spec means now. That version serves requests for it until
// release is called, whatever happens to the model: several calls then ask the same version.
func (m *Manager) Pin(s Spec) (pinned Spec, release func(), err error) {
	v, err := m.acquire(s)
	if err != nil {
		return s, nil, err
	}
	s.Version, s.HasVersion, s.Label, s.pinned = v.Number, true, "", v
	return s, v.release, nil
}

// acquire returns the version that a request is for, which is not unloaded before release.
func (m *Manager) acquire(s Spec) (*version, error) {
	if s.pinned != nil {
		s.pinned.users.Add(1)
		return s.pinned, nil
	}
	if s.Model == "" {
		return nil, fault.New(fault.NoName)
	}
	known := m.model(s.Model)
	if known == nil {
		if s.HasVersion {
			return nil, fault.New(fault.NoVersion, s.Model, s.Version)
		}
		if s.Label != "" {
			return nil, fault.New(fault.NoLabel, s.Label)
		}
		return nil, fault.New(fault.NoModel, s.Model)
	}
	return known.acquire(s)
}
