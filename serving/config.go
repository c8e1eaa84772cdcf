package serving

import (
	"fmt"
	"slices"
	"time"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// Config lists the models that a Manager serves.
type Config struct{ Models []ModelConfig }

// ModelConfig configures a model: where its versions are and which of them serve.
type ModelConfig struct {
	Name     string
	BasePath string
	Policy   Policy
	Labels   map[string]int64 // version numbers, keyed by labels that requests may use in their place
	Batching *Batching        // nil: Options.Batching of the Manager
}

// Policy says which of a model's versions serve. At most one field may be set. With the zero Policy the
// newest version serves.
type Policy struct {
	Latest   int     // the newest versions, as many as this says; 0 means 1
	All      bool    // all versions
	Specific []int64 // the versions with these numbers
}

// check returns what is wrong with a policy, or an empty string.
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

// wanted returns the versions that the policy selects, newest first. The argument is sorted, oldest first.
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

// check returns an error for the first model whose configuration is invalid.
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

// Batching has the batching parameters of TensorFlow Serving, under the names that they have there. A row
// is one index of the inputs' first dimension.
type Batching struct {
	MaxBatchSize       int           // how many rows a batch has at most; 0 means 1000
	BatchTimeout       time.Duration // how long a batch waits to fill up; longer while no thread is free
	MaxEnqueuedBatches int           // how many batches of one signature and shape may wait for a thread; 0 means 10
	NumBatchThreads    int           // how many batches of a version run at once; 0 means Options.Parallel
	AllowedBatchSizes  []int         // sizes to which batches are padded; the last is MaxBatchSize; empty: any size

	PadVariableLengthInputs bool // inputs of different shapes are padded to the largest and share a batch
	NoLargeBatchSplitting   bool // requests with more rows than MaxBatchSize are refused, not split
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
