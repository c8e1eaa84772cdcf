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

// On a terminal, the progress of a version is shown once it has been loading for barAfter. In a log, there is
// a line every lineEvery.
const (
	barAfter  = 500 * time.Millisecond
	lineEvery = 10 * time.Second
)

// loadings shows the progress of the versions that are being loaded: as a bar on a terminal, and otherwise as
// lines of the log.
type loadings struct {
	log   *slog.Logger
	show  func(what string, done, total int) // shows the bar; nil if there is no terminal
	after time.Duration

	mu    sync.Mutex
	under map[string]*loading // the versions that are being loaded, keyed by "model/version"
	shown bool
}

// loading is a version that is being loaded.
type loading struct {
	told        time.Time // when loading began, or was last logged
	done, total int
	timer       *time.Timer
}

// newLoadings returns loadings, including a log whose lines appear above the bar.
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

// due shows the progress of versions that have been loading for long.
func (l *loadings) due() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell(true)
}

// tell shows the bar if it is already there or is due. Without a terminal, it writes the log lines that are
// due.
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
