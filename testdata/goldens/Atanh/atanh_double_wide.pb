
.
xPlaceholder*
dtype0*
shape::

opAtanhx*
T0