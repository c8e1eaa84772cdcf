
.
xPlaceholder*
dtype0*
shape:

opBesselK1x*
T0