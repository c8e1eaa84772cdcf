
.
xPlaceholder*
dtype0*
shape::

opCoshx*
T0