
.
xPlaceholder*
dtype0*
shape::

opExpm1x*
T0