
2
inputPlaceholder*
dtype0*
shape:

opWhereinput*
T0