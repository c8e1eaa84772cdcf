
2
inputPlaceholder*
dtype0*
shape:

opRankinput*
T0