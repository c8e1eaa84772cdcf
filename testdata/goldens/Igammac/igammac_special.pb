
.
aPlaceholder*
dtype0*
shape:
.
xPlaceholder*
dtype0*
shape:

opIgammacax*
T0