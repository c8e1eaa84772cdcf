
.
xPlaceholder*
dtype0*
shape::

opSinhx*
T0