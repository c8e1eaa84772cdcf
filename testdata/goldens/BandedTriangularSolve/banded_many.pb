
7
matrixPlaceholder*
dtype0*
shape
:
4
rhsPlaceholder*
dtype0*
shape
:
1
opBandedTriangularSolvematrixrhs*
T0