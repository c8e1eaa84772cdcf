
:
inputPlaceholder*
dtype0*
shape:
*
opLogMatrixDeterminantinput*
T0