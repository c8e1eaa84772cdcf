
.
xPlaceholder*
dtype0*
shape::

opLogx*
T0