
6
inputPlaceholder*
dtype0*
shape
:
'
opMatrixDeterminantinput*
T0