
.
xPlaceholder*
dtype0*
shape::

opLog1px*
T0