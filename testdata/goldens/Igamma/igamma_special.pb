
.
aPlaceholder*
dtype0*
shape:
.
xPlaceholder*
dtype0*
shape:

opIgammaax*
T0