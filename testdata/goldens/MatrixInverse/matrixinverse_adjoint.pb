
6
inputPlaceholder*
dtype0*
shape
:
2
opMatrixInverseinput*
T0*
adjoint(