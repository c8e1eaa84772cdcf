
:
inputPlaceholder*
dtype0*
shape:

opCholeskyinput*
T0