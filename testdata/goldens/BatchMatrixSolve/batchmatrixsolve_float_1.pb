
;
matrixPlaceholder*
dtype0*
shape:
8
rhsPlaceholder*
dtype0*
shape:
;
opBatchMatrixSolvematrixrhs*
T0*
adjoint(