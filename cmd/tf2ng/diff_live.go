//go:build tensorflow

package main

import "github.com/tf2ng/tf2ng/bridge/tf/live"

func init() {
	liveEngine = func(optimize bool) versioned { return &live.Engine{Optimize: optimize} }
}
