
:
inputPlaceholder*
dtype0*
shape:
'
opMatrixExponentialinput*
T0