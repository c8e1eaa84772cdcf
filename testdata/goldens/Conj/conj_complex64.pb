
6
inputPlaceholder*
dtype0*
shape
:

opConjinput*
T0