
.
xPlaceholder*
dtype0*
shape:
"
opUniqueWithCountsx*
T0