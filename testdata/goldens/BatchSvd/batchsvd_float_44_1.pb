
:
inputPlaceholder*
dtype0*
shape:
3
opBatchSvdinput*
T0*
full_matrices(