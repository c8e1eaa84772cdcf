package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is written while there is a bar stands above it.
func TestBarWriter(t *testing.T) {
	var out bytes.Buffer
	b := &barWriter{w: &out}
	_, err := fmt.Fprintln(b, "before")
	require.NoError(t, err)
	b.show("things", 1, 4)
	_, err = fmt.Fprintln(b, "between")
	require.NoError(t, err)
	b.show("things", 4, 4)
	_, err = fmt.Fprintln(b, "after")
	require.NoError(t, err)
	bar := "[########......................] 1 of 4, things"
	assert.Equal(t, "before\n"+eraseLine+bar+eraseLine+"between\n"+bar+eraseLine+"after\n", out.String())
}

// shown is a terminal that notes its bars.
type shown struct {
	mu   sync.Mutex
	bars []string
}

func (s *shown) show(what string, done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bars = append(s.bars, fmt.Sprintf("%d of %d, %s", done, total, what))
}

func (s *shown) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bars
}

func TestLoadingsOnATerminal(t *testing.T) {
	s := &shown{}
	l := &loadings{show: s.show, after: time.Hour, under: map[string]*loading{}}
	l.progress("quick", 1, 0, 1)
	l.progress("quick", 1, 1, 1)
	assert.Empty(t, s.all(), "what loads quickly has no bar")

	l.progress("a", 3, 0, 1)
	l.due()
	l.progress("a", 3, 1, 4)
	l.progress("b", 1, 0, 1)
	l.progress("a", 3, 1, 1)
	l.progress("b", 1, 1, 1)
	assert.Equal(t, []string{
		"0 of 1, loading a/3", "1 of 4, loading a/3", "1 of 5, loading a/3, b/1", "0 of 1, loading b/1", "0 of 0, loading ",
	}, s.all())
}

// locked is a buffer for several goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestLoadingsInALog(t *testing.T) {
	var out locked
	l := &loadings{
		log: slog.New(slog.NewTextHandler(&out, nil)), after: time.Millisecond, under: map[string]*loading{},
	}
	l.progress("a", 3, 1, 4)
	require.Eventually(t, func() bool {
		return strings.Count(out.String(), `msg="still loading" version=a/3 steps=1 of=4`) > 1
	}, 10*time.Second, time.Millisecond)
	l.progress("a", 3, 1, 1)
	assert.Empty(t, l.under)
}
