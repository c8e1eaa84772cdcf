
6
inputPlaceholder*
dtype0*
shape
:

opDiagPartinput*
T0