
.
xPlaceholder*
dtype0*
shape::

opRsqrtx*
T0