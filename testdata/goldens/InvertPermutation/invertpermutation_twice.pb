
.
xPlaceholder*
dtype0*
shape:
#
opInvertPermutationx*
T0