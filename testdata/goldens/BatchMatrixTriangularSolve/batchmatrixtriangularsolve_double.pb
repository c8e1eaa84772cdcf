
7
matrixPlaceholder*
dtype0*
shape
:
4
rhsPlaceholder*
dtype0*
shape
:
6
opBatchMatrixTriangularSolvematrixrhs*
T0