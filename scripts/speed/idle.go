package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Before a measurement the CPUs are idle for a while, so that no process pays for what
// the one before it left behind. A machine that stays busy is measured all the same.
const (
	idleWindow = 60 * time.Millisecond
	idleShare  = 0.9
)

// waitIdle waits until the CPUs are idle, and returns whether they are. A system that does
// not tell counts as idle, and so does one that is not asked.
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

// idleOf is the part of the time between two texts of /proc/stat in which the CPUs idled.
func idleOf(before, after string) float64 {
	idle, total := 0.0, 0.0
	for sign, text := range map[float64]string{-1: before, 1: after} {
		line, _, _ := strings.Cut(text, "\n")
		for i, field := range strings.Fields(line) {
			var ticks float64
			if _, err := fmt.Sscan(field, &ticks); err != nil {
				continue // the line's name
			}
			total += sign * ticks
			if i == 4 || i == 5 { // idle, and idle while waiting for a disk
				idle += sign * ticks
			}
		}
	}
	if total == 0 {
		return 1
	}
	return idle / total
}
