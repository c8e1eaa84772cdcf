
:
inputPlaceholder*
dtype0*
shape:
#
opBatchCholeskyinput*
T0