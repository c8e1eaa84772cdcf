
.
xPlaceholder*
dtype0*
shape::

opTanhx*
T0