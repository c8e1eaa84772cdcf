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

// Options configure a Manager. The zero value is ready to use.
type Options struct {
	Source   Source        // nil: a *Directories
	Poll     time.Duration // interval between checks for new versions; 0: one second; negative: check only once
	Batching *Batching     // for models that have none of their own; nil: their requests are not batched

	Retries       int           // how often loading is retried after a version failed; 0: 5; negative: never
	RetryInterval time.Duration // pause before each retry; 0: one minute; negative: no pause

	Parallel    int   // how many Runs execute at once, over all models; 0: GOMAXPROCS
	MaxRequests int   // how many requests may be in flight; further ones are refused; 0: 10,000
	MaxBytes    int64 // limit for the tensors and bodies of all requests in flight; 0: 4 GiB

	NoWarmup bool // versions serve without a warm-up

	// CheckMethods refuses signatures whose Method is not one that the called API is for, as TensorFlow
	// Serving's --enable_signature_method_name_check does. Predict is for all three methods.
	CheckMethods bool

	// LabelsAnywhere lets labels name versions that are not available (yet).
	LabelsAnywhere bool

	Log *slog.Logger // nil: slog.Default()

	// Progress, if not nil, is called while a version is loaded. Opening the version is one step, and
	// each run of its warm-up is another; done is how many of the total steps are complete. The last
	// call has done == total, whether or not the version could be loaded. Several goroutines may call
	// Progress at once.
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

// Manager loads and unloads the versions of models and answers requests for them. Its methods may be
// called by any number of goroutines at once.
type Manager struct {
	options Options
	metrics *metrics
	budget  *budget
	slots   chan struct{} // holds an element for each Run in progress; its capacity is Options.Parallel

	reload sync.Mutex // held by Reload and Close

	mu       sync.RWMutex
	models   map[string]*model
	closed   bool
	draining bool
}

// NewManager returns a Manager that serves nothing until Reload is called.
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

// Reload makes the Manager serve the models of a configuration, and no others. It returns when the
// versions of each model have been looked for once. Then they serve, or the error says why some do not;
// the Manager keeps trying to load those. A model that was already served remains available during the
// reload, as far as its new configuration allows. An invalid configuration changes nothing.
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

// exchange replaces the current models by those of a configuration. It returns all models of the new
// configuration, including those that are kept, and the models that are not served any more.
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

// checkLabels checks that the labels of models that are already served name available versions, as
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

// checkNewLabels is checkLabels for all models, once their versions have been looked for.
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

// Ready reports whether there is at least one model and each model has a version that serves. It is false
// after Drain or Close.
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

// Drain makes Ready return false, so that clients can go elsewhere before Close. Requests are still
// answered.
func (m *Manager) Drain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.draining = true
}

// Close refuses further requests, waits for those in flight, and unloads all versions.
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

// Spec selects the model, the version and the signature of a request. Without a version and a label it
// selects the newest version that serves.
type Spec struct {
	Model     string
	Version   int64  // ignored unless HasVersion is set
	Label     string // selects the version that has this label; empty for none
	Signature string // empty for DefaultSignature

	HasVersion bool

	pinned *version // the version that Pin found; nil if the Spec is not from Pin
}

// Pin returns a Spec for the version that s selects now. Requests with the pinned Spec are answered by
// that version until release is called, even if the model's versions change meanwhile. So a caller can
// make several requests to the same version.
func (m *Manager) Pin(s Spec) (pinned Spec, release func(), err error) {
	v, err := m.acquire(s)
	if err != nil {
		return s, nil, err
	}
	s.Version, s.HasVersion, s.Label, s.pinned = v.Number, true, "", v
	return s, v.release, nil
}

// acquire returns the version that a request selects. It is not unloaded before its method release is
// called.
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
