
:
inputPlaceholder*
dtype0*
shape:
(
opBatchMatrixInverseinput*
T0