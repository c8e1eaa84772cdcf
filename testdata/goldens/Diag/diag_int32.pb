
9
diagonalPlaceholder*
dtype0*
shape
:

opDiagdiagonal*
T0