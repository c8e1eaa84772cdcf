
;
matrixPlaceholder*
dtype0*
shape:
8
rhsPlaceholder*
dtype0*
shape:
M
opMatrixTriangularSolvematrixrhs*
T0*
adjoint(*
lower(