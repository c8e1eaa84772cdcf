
:
inputPlaceholder*
dtype0*
shape:
,
opBatchMatrixDeterminantinput*
T0