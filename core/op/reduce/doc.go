// Package reduce defines the ops that combine the elements along axes into one, or into running totals.
package reduce
