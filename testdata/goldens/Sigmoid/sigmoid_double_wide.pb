
.
xPlaceholder*
dtype0*
shape::

opSigmoidx*
T0