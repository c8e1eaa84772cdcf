
.
xPlaceholder*
dtype0*
shape::

opAsinx*
T0