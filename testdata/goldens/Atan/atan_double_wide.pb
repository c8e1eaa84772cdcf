
.
xPlaceholder*
dtype0*
shape::

opAtanx*
T0