
7
matrixPlaceholder*
dtype0*
shape
:
4
rhsPlaceholder*
dtype0*
shape
:
1
opMatrixTriangularSolvematrixrhs*
T0