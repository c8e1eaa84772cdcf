
.
xPlaceholder*
dtype0*
shape:

op
FresnelSinx*
T0