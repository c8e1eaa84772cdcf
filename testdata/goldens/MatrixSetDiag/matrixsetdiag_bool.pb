
:
inputPlaceholder*
dtype0
*
shape:
9
diagonalPlaceholder*
dtype0
*
shape
:
-
opMatrixSetDiaginputdiagonal*
T0
