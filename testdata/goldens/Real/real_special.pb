
6
inputPlaceholder*
dtype0*
shape
:		

opRealinput*
T0