
6
aPlaceholder*
dtype0*
shape:
6
bPlaceholder*
dtype0*
shape:

opCrossab*
T0