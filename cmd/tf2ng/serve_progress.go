package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// How long a version loads before its progress is shown on a terminal, and between two lines of a log.
const (
	barAfter  = 500 * time.Millisecond
	lineEvery = 10 * time.Second
)

// loadings tells how far the versions are that are being loaded: by a bar on a terminal, elsewhere by
// lines of the log.
type loadings struct {
	log   *slog.Logger
	show  func(what string, done, total int) // nil where there is no terminal
	after time.Duration

	mu    sync.Mutex
	under map[string]*loading // by model and version
	shown bool
}

// loading is a version that is being loaded.
type loading struct {
	told        time.Time // when it began, or was last told of
	done, total int
	timer       *time.Timer
}

// newLoadings returns loadings and the log that goes with them: its lines stand above the bar.
func newLoadings(c *serveCommand, o *output) *loadings {
	l := &loadings{after: barAfter, under: map[string]*loading{}}
	if !isTerminal(o.err) {
		l.after, l.log = lineEvery, c.logger(o)
		return l
	}
	terminal := &barWriter{w: o.err}
	l.log, l.show = c.logger(&output{o.out, terminal}), terminal.show
	return l
}

// progress is serving.Options.Progress.
func (l *loadings) progress(model string, version int64, done, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := fmt.Sprintf("%s/%d", model, version)
	of := l.under[key]
	switch {
	case done >= total:
		if of != nil {
			of.timer.Stop()
			delete(l.under, key)
		}
	case of == nil:
		of = &loading{told: time.Now()}
		of.timer = time.AfterFunc(l.after, l.due)
		l.under[key] = of
		fallthrough
	default:
		of.done, of.total = done, total
	}
	l.tell(false)
}

// due tells of versions that have loaded for long.
func (l *loadings) due() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell(true)
}

// tell shows the bar if it is there already or is due, or writes the lines that are due.
func (l *loadings) tell(due bool) {
	names := slices.Sorted(maps.Keys(l.under))
	if l.show == nil {
		for _, name := range names {
			of := l.under[name]
			if time.Since(of.told) >= l.after {
				of.told = time.Now()
				of.timer.Reset(l.after)
				l.log.Info("still loading", "version", name, "steps", of.done, "of", of.total)
			}
		}
		return
	}
	if !due && !l.shown {
		return
	}
	done, total := 0, 0
	for _, of := range l.under {
		done, total = done+of.done, total+of.total
	}
	l.shown = done < total
	l.show("loading "+strings.Join(names, ", "), done, total)
}
