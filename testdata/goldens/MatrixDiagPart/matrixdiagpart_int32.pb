
:
inputPlaceholder*
dtype0*
shape:
$
opMatrixDiagPartinput*
T0