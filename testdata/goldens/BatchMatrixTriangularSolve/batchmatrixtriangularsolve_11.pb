
;
matrixPlaceholder*
dtype0*
shape:
8
rhsPlaceholder*
dtype0*
shape:
R
opBatchMatrixTriangularSolvematrixrhs*
T0*
adjoint(*
lower(