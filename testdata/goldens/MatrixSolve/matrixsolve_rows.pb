
7
matrixPlaceholder*
dtype0*
shape
:
4
rhsPlaceholder*
dtype0*
shape
:
'
opMatrixSolvematrixrhs*
T0