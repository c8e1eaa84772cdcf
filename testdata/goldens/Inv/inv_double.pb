
.
xPlaceholder*
dtype0*
shape:

opInvx*
T0