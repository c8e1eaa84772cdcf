
6
inputPlaceholder*
dtype0*
shape
:
5
diagonalPlaceholder*
dtype0*
shape:
-
opMatrixSetDiaginputdiagonal*
T0