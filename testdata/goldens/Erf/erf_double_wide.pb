
.
xPlaceholder*
dtype0*
shape:.

opErfx*
T0