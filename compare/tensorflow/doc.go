// Package tensorflow runs GraphDefs in real TensorFlow. TensorFlow runs in a separate process, a python3
// that has the package tensorflow, which executes a small script and answers requests over pipes. A graph
// that makes that process abort or hang fails alone; the next graph gets a new process.
//
// Graphs run as they are: TensorFlow's own graph rewriting (Grappler, with its remapper) is off unless
// [Options.Optimize] is set, since it fuses nodes and changes what some of them compute.
package tensorflow
