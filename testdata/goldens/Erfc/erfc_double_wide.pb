
.
xPlaceholder*
dtype0*
shape::

opErfcx*
T0