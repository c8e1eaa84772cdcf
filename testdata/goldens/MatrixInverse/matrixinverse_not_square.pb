
6
inputPlaceholder*
dtype0*
shape
:
#
opMatrixInverseinput*
T0