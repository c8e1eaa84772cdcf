
;
matrixPlaceholder*
dtype0*
shape:
8
rhsPlaceholder*
dtype0*
shape:
6
opMatrixSolvematrixrhs*
T0*
adjoint(