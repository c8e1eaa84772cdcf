
.
xPlaceholder*
dtype0*
shape::

opSqrtx*
T0