// Package tensorflow runs GraphDefs in real TensorFlow, in a process of its own: a python3 that has
// the package tensorflow, which reads a small script and answers over pipes. A graph that ends that
// process, or holds it up, fails by itself; the next one gets a new process.
//
// Graphs run as they are: TensorFlow's own rewriting of graphs (Grappler, with its remapper) is off
// unless [Options.Optimize] is set, since it fuses nodes and changes what some of them compute.
package tensorflow
