// Package matrix defines the ops of linear algebra: inverses, factorizations, and what solves equations.
//
// All of them compute in float64, each product and sum rounded, in one order, and round results of f32 and f16 once. So
// a result of f32 is, but for badly conditioned matrices, within a unit in the last place of the exact one. Where a
// factorization leaves signs open, they are those that Householder's reflections and Jacobi's rotations give in the
// order that each op documents, which is that of Eigen.
package matrix
