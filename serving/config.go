package serving

import (
	"fmt"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// Config says what a Manager serves.
type Config struct{ Models []ModelConfig }

// ModelConfig is a model of a Config.
type ModelConfig struct {
	Name     string
	BasePath string
	Policy   Policy
	Labels   map[string]int64 // versions by the names that requests may use for them
	Batching *Batching        // nil: the Manager's
}

// Policy says which of the versions that there are serve. The zero Policy is the newest one.
type Policy struct {
	Latest   int     // that many of the newest; 0 means 1
	All      bool    // all versions, and no other field
	Specific []int64 // these versions, and no other field
}

// check returns what is wrong with a policy; empty for nothing.
func (p Policy) check() string {
	kinds := 0
	for _, set := range []bool{p.Latest != 0, p.All, len(p.Specific) > 0} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return "want one of latest, all and specific"
	case p.Latest < 0:
		return fmt.Sprintf("latest %d: want at least 1 version", p.Latest)
	}
	return ""
}

// wanted returns those of the versions, which are sorted, that the policy wants, the newest first.
func (p Policy) wanted(versions []Version) []Version {
	list := slices.Clone(versions)
	slices.Reverse(list)
	switch {
	case p.All:
		return list
	case len(p.Specific) > 0:
		return slices.DeleteFunc(list, func(v Version) bool { return !slices.Contains(p.Specific, v.Number) })
	}
	return list[:min(max(p.Latest, 1), len(list))]
}

// check reports the first model that has no meaning.
func (c Config) check() error {
	names := map[string]bool{}
	for _, m := range c.Models {
		switch wrong := m.Policy.check(); {
		case m.Name == "":
			return fault.New(fault.ModelNoName)
		case names[m.Name]:
			return fault.New(fault.ModelTwice, m.Name)
		case m.BasePath == "":
			return fault.New(fault.ModelNoPath, m.Name, m.BasePath)
		case wrong != "":
			return fault.New(fault.PolicyWrong, m.Name, wrong)
		}
		if m.Batching != nil {
			if err := m.Batching.check(); err != nil {
				return err
			}
		}
		names[m.Name] = true
	}
	return nil
}

// Batching has TensorFlow Serving's parameters of batching, by their names there.
type Batching struct {
	MaxBatchSize       int           // rows of a batch; 0 means 1000
	BatchTimeout       time.Duration // how long rows wait for more of them, while a thread is free
	MaxEnqueuedBatches int           // that wait for a thread, of one signature and shape; 0 means 10
	NumBatchThreads    int           // batches that run at once, of a version; 0 means Options.Parallel
	AllowedBatchSizes  []int         // to which batches are filled up; empty: any; the last is MaxBatchSize

	PadVariableLengthInputs bool // requests whose inputs differ in length are filled up to the longest
	NoLargeBatchSplitting   bool // requests of more rows than MaxBatchSize are refused, not split
}

func (b *Batching) check() error {
	switch {
	case b.MaxBatchSize < 0, b.BatchTimeout < 0, b.MaxEnqueuedBatches < 0, b.NumBatchThreads < 0:
		return fault.New(fault.BatchingWrong, "want no negative numbers")
	case len(b.AllowedBatchSizes) == 0:
		return nil
	case !slices.IsSorted(b.AllowedBatchSizes) || b.AllowedBatchSizes[0] < 1:
		return fault.New(fault.BatchingWrong, "allowed_batch_sizes must be in increasing order")
	case b.AllowedBatchSizes[len(b.AllowedBatchSizes)-1] != b.withDefaults(1).MaxBatchSize:
		return fault.New(fault.BatchingWrong, "Last entry in allowed_batch_sizes must match max_batch_size")
	}
	return nil
}

// withDefaults returns the parameters with all numbers set.
func (b Batching) withDefaults(threads int) Batching {
	if b.MaxBatchSize == 0 {
		b.MaxBatchSize = 1000
	}
	if b.MaxEnqueuedBatches == 0 {
		b.MaxEnqueuedBatches = 10
	}
	if b.NumBatchThreads == 0 {
		b.NumBatchThreads = threads
	}
	return b
}
