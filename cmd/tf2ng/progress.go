package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// isTerminal reports whether a writer is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress returns a function that shows the progress of the work on a terminal; nil if there is none.
func (o *output) progress() func(what string, done, total int) {
	if !isTerminal(o.err) {
		return nil
	}
	return (&barWriter{w: o.err}).show
}

// barWriter writes to a terminal with a progress bar on its last line. Everything that is written appears
// above the bar.
type barWriter struct {
	w   io.Writer
	mu  sync.Mutex
	bar string
}

const eraseLine = "\r\x1b[K"

// Write writes p, which must consist of complete lines.
func (b *barWriter) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar == "" {
		return b.w.Write(p)
	}
	if _, err := fmt.Fprintf(b.w, "%s%s%s", eraseLine, p, b.bar); err != nil {
		return 0, err
	}
	return len(p), nil
}

// show shows how much of the work is done. When all of it is, the bar disappears.
func (b *barWriter) show(what string, done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar = ""
	if done < total {
		const width = 30
		full := (done*width + total - 1) / total
		b.bar = fmt.Sprintf("[%s%s] %d of %d, %s", strings.Repeat("#", full), strings.Repeat(".", width-full), done, total,
			what)
	}
	fmt.Fprint(b.w, eraseLine, b.bar)
}
