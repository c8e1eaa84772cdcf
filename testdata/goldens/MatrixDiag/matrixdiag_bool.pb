
9
diagonalPlaceholder*
dtype0
*
shape
:
#
op
MatrixDiagdiagonal*
T0
