
.
xPlaceholder*
dtype0*
shape::

opAcoshx*
T0