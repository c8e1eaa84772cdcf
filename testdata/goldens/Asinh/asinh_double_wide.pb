
.
xPlaceholder*
dtype0*
shape::

opAsinhx*
T0