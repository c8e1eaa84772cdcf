package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Before each measurement the CPUs must have been idle for idleShare of an idleWindow, so that no process is slowed
// by what the one before it left behind. If the machine stays busy, it is measured all the same.
const (
	idleWindow = 60 * time.Millisecond
	idleShare  = 0.9
)

// waitIdle waits until the CPUs are idle, at most for longest, and reports whether they are. They count as idle on a
// system without /proc/stat, and if longest is 0.
func waitIdle(longest time.Duration) bool {
	for begin := time.Now(); time.Since(begin) < longest; {
		before, err := procStat()
		if err != nil {
			return true
		}
		time.Sleep(idleWindow)
		after, err := procStat()
		if err != nil || idleOf(before, after) >= idleShare {
			return true
		}
	}
	return longest == 0
}

func procStat() (string, error) {
	data, err := os.ReadFile("/proc/stat")
	return string(data), err
}

// idleOf returns the share of the time between two contents of /proc/stat in which the CPUs were idle.
func idleOf(before, after string) float64 {
	idle, total := 0.0, 0.0
	for sign, text := range map[float64]string{-1: before, 1: after} {
		line, _, _ := strings.Cut(text, "\n")
		for i, field := range strings.Fields(line) {
			var ticks float64
			if _, err := fmt.Sscan(field, &ticks); err != nil {
				continue // the name at the start of the line
			}
			total += sign * ticks
			if i == 4 || i == 5 { // idle, iowait
				idle += sign * ticks
			}
		}
	}
	if total == 0 {
		return 1
	}
	return idle / total
}
